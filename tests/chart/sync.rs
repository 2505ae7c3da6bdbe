//! The example for Argo CD, synced by Argo CD's own engine into a cluster that does not know the kind yet. The engine
//! syncs once; Argo CD's controller tries again as the example's `retry` says, which is played here.

use std::time::Duration;

use serde_json::Value;

use crate::judges::{answers, argocd_sync};
use crate::release::Release;
use crate::support::{documents, path, yaml};

const WATCHES: &str = "gitops/example/argocd/watches.yaml";

/// The manifests of the example.
async fn manifests(release: &Release) -> Vec<Value> {
    let built = release.kubectl(&["kustomize", path("gitops/example/watches").to_str().unwrap()]).await;
    documents(&built)
}

/// What the engine says of each object, once it has synced all of them with these options, and of what it pruned.
pub async fn sync(release: &Release, options: &[&str], objects: Vec<Value>) -> Vec<Value> {
    let mut command = argocd_sync();
    command.arg(release.kubeconfig()).arg("default").args(options);
    tokio::task::spawn_blocking(move || answers(&mut command, &objects)).await.unwrap()
}

/// The pause before another try. Argo CD makes that of `retry.backoff`, which is longer.
const PAUSE: Duration = Duration::from_secs(1);

/// Syncs until everything is synced, and at most so often.
async fn sync_again(release: &Release, options: &[&str], limit: u64) -> Vec<Value> {
    let mut results = sync(release, options, manifests(release).await).await;
    for _ in 1..limit {
        if results.iter().all(|result| result["status"] == "Synced") {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        results = sync(release, options, manifests(release).await).await;
    }
    results
}

/// The status of every object of a kind.
pub fn of<'a>(results: &'a [Value], kind: &str) -> Vec<&'a str> {
    let of_kind = results.iter().filter(|result| result["kind"] == kind);
    of_kind.map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_sync_ahead_of_the_crd_is_finished_by_the_retry() {
    let application = yaml(WATCHES);
    let policy = &application["spec"]["syncPolicy"];
    let options: Vec<&str> =
        policy["syncOptions"].as_array().unwrap().iter().map(|option| option.as_str().unwrap()).collect();
    let release = Release::start().await;

    let early = sync(&release, &options, manifests(&release).await).await;
    assert_eq!(of(&early, "SaeAppWatch"), ["SyncFailed", "SyncFailed"], "{early:#?}");
    assert_eq!(of(&early, "SaeAppWatchSet"), ["SyncFailed", "SyncFailed"], "{early:#?}");
    assert_eq!(of(&early, "Namespace"), ["Synced", "Synced"], "what can be applied is: {early:#?}");
    let limit = policy["retry"]["limit"].as_u64().unwrap();
    assert!(limit > 0, "Argo CD tries again only with `retry`");

    release.apply_crds().await;
    let retried = sync_again(&release, &options, limit).await;
    assert_eq!(of(&retried, "SaeAppWatch"), ["Synced", "Synced"], "{retried:#?}");
    assert_eq!(of(&retried, "SaeAppWatchSet"), ["Synced", "Synced"], "{retried:#?}");
    let watches = release.kubectl(&["get", "saw", "-n", "team-a", "-o", "name"]).await;
    assert_eq!(watches.lines().count(), 2, "{watches}");
}

#[tokio::test]
async fn without_the_option_of_the_example_nothing_is_applied_while_the_kind_is_unknown() {
    let release = Release::start().await;
    let results = sync(&release, &["ServerSideApply=true"], manifests(&release).await).await;
    assert_eq!(of(&results, "SaeAppWatch"), ["SyncFailed", "SyncFailed"], "{results:#?}");
    let namespace = release.kubectl(&["get", "namespace", "team-a", "--ignore-not-found"]).await;
    assert_eq!(namespace, "");
}
