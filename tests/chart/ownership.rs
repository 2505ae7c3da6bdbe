//! Who owns a field: what Helm refuses where somebody else wrote it, and the command on the page that helps.

use std::fs;
use std::path::Path;

use crate::release::{KEYS, Release, WATCH};
use crate::support::{CHART, text, yaml};

/// As the chart's README has it.
const TAKE_OVER: [&str; 2] = ["--take-ownership", "--force-conflicts"];

#[tokio::test]
async fn a_crd_that_kubectl_applied_is_taken_over_by_the_two_flags_of_the_page() {
    let release = Release::start().await;
    // That of another version: one description is another.
    let mut crd = yaml("crds/saeappwatches.yaml");
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "As it was once.".into();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saeappwatches.yaml");
    fs::write(&file, crd.to_string()).unwrap();
    release.kubectl(&["apply", "-f", file.to_str().unwrap()]).await;
    release.established().await;
    release.declare().await;
    let before = release.watch().await;

    let install = ["upgrade", "--install", "saewatch", CHART, "--namespace", "default", "--set", KEYS];
    for (flags, refusal) in [
        (&[][..], "invalid ownership metadata"),
        (&TAKE_OVER[..1], "conflict with \"kubectl-client-side-apply\""),
    ] {
        let output = release.try_helm(&[&install[..], flags].concat()).await;
        assert!(!output.status.success() && output.stderr.contains(refusal), "{}", output.stderr);
    }
    release.helm(&[&install[..], &TAKE_OVER].concat()).await;
    release.helm(&install).await;
    assert_eq!(release.watch().await, before);

    let page = text("charts/saewatch/README.md");
    assert!(TAKE_OVER.iter().all(|flag| page.contains(&format!("`{flag}`"))), "the page names both");
}

#[tokio::test]
async fn a_watch_among_extra_objects_needs_the_crd_first() {
    let release = Release::start().await;
    let folder = tempfile::tempdir().unwrap();
    let values = folder.path().join("values.yaml");
    let watch =
        "{apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {name: shop}, spec: {appId: shop}}";
    fs::write(&values, format!("extraObjects: [{watch}]\n")).unwrap();
    let with_watch = ["--namespace", "default", "--set", KEYS, "-f", values.to_str().unwrap()];

    let output = release.try_helm(&[&["install", "saewatch", CHART][..], &with_watch].concat()).await;
    assert!(!output.status.success() && output.stderr.contains("no matches for kind"), "{}", output.stderr);

    release.install(Path::new(CHART), &[]).await;
    release.helm(&[&["upgrade", "saewatch", CHART][..], &with_watch].concat()).await;
    assert_eq!(release.watch().await["spec"]["appId"], "shop");
}

#[tokio::test]
async fn a_patch_by_hand_is_given_back_to_a_chart_by_the_flag_of_the_page() {
    let release = Release::start().await;
    release.apply_crds().await;
    let chart = tempfile::tempdir().unwrap();
    fs::create_dir(chart.path().join("templates")).unwrap();
    fs::write(chart.path().join("Chart.yaml"), "{apiVersion: v2, name: shop, version: 0.1.0}\n").unwrap();
    let watch = "{apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {name: shop}, \
                 spec: {appId: shop, suspend: false}}";
    fs::write(chart.path().join("templates/shop.yaml"), watch).unwrap();
    let upgrade = ["upgrade", "--install", "shop", chart.path().to_str().unwrap(), "--namespace", "default"];
    release.helm(&upgrade).await;
    release.kubectl(&["patch", WATCH, "shop", "--type=merge", "-p", r#"{"spec":{"suspend":true}}"#]).await;

    let output = release.try_helm(&upgrade).await;
    assert!(!output.status.success() && output.stderr.contains(".spec.suspend"), "{}", output.stderr);
    assert_eq!(release.watch().await["spec"]["suspend"], true);

    release.helm(&[&upgrade[..], &["--force-conflicts"]].concat()).await;
    assert_eq!(release.watch().await["spec"]["suspend"], false);
    assert!(text("docs/gitops.md").contains("`--force-conflicts`"), "the page names it");
}
