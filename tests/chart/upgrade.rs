//! An upgrade from the last release, a roll back, an uninstall and an install: watches, sets, accounts and what is known
//! of them survive it all.

use std::path::Path;

use crate::release::{KEYS, Release};
use crate::support::{CHART, path, text};

/// As the pages upgrade a release.
const KEEP_VALUES: &str = "--reset-then-reuse-values";

#[tokio::test]
async fn watches_sets_accounts_and_statuses_survive() {
    let release = Release::start().await;
    release.install(&path("tests/chart/previous"), &[]).await;
    release.declare().await;
    let before = release.watch().await;
    assert_eq!(before["status"]["readyInstances"], "4/4");

    let upgrade = ["upgrade", "saewatch", CHART, "--namespace", "default"];
    let two = [&upgrade[..], &["--set", "replicaCount=2"]].concat();
    // Without the defaults of the new chart it finds no value that the last release did not have.
    assert!(!release.try_helm(&[&two[..], &["--reuse-values"]].concat()).await.status.success());
    release.helm(&[&two[..], &[KEEP_VALUES]].concat()).await;
    assert_eq!(release.watch().await, before, "after the upgrade");
    // The last release had neither accounts nor sets: the upgrade brings their CRDs.
    release.established().await;
    release.declare_account().await;
    let account = release.account().await;
    release.declare_set().await;
    let set = release.set().await;

    release.helm(&["rollback", "saewatch", "1", "--namespace", "default"]).await;
    assert_eq!(release.watch().await, before, "after the roll back");
    assert_eq!(release.account().await, account, "after the roll back");
    assert_eq!(release.set().await, set, "after the roll back");

    release.helm(&[&upgrade[..], &["--set", KEYS]].concat()).await;
    release.helm(&["uninstall", "saewatch", "--namespace", "default"]).await;
    assert_eq!(release.watch().await, before, "after the uninstall");
    assert_eq!(release.account().await, account, "after the uninstall");
    assert_eq!(release.set().await, set, "after the uninstall");
    assert!(text("docs/operations.md").contains(KEEP_VALUES), "the page names it");
    let left = "deployments,services,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings";
    assert_eq!(release.names(left).await, "");

    release.install(Path::new(CHART), &["--take-ownership"]).await;
    assert_eq!(release.watch().await, before, "after another install");
    assert_eq!(release.account().await, account, "after another install");
    assert_eq!(release.set().await, set, "after another install");
}
