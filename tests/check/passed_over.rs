//! `-f`: what stands beside ours in a file, and is not checked.

use serde_json::json;

use crate::manifests::{manifest, refused};
use crate::stage::{APP, Stage};

/// What a chart renders beside its watches.
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 2}\n";

#[test]
fn objects_of_other_api_groups_are_passed_over_and_counted() {
    let stage = Stage::new();
    let watch = manifest(&json!({"appId": APP}));
    let list = format!("{{apiVersion: v1, kind: List, items: [{watch}, {{apiVersion: v1, kind: Secret}}]}}");
    for (input, count) in [
        (format!("{NAMESPACE}---\n{watch}\n"), "1 object"),
        (format!("# Source: a.yaml\n{NAMESPACE}---\n{DEPLOYMENT}---\n{watch}\n"), "2 objects"),
        (format!("{list}\n---\n{DEPLOYMENT}"), "2 objects"),
    ] {
        let ran = stage.check_input(&["-f", "-", "-o", "name"], &input);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "saeappwatch.saewatch.dev/shop\n"), "{}", ran.stderr);
        assert_eq!(ran.stderr, format!("saewatch: {count} of other API groups passed over\n"));
    }
}

#[test]
fn a_file_without_a_watch_may_stand_beside_one_with_a_watch() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let (namespace, watch) = (folder.path().join("namespace.yaml"), folder.path().join("watch.yaml"));
    std::fs::write(&namespace, NAMESPACE).unwrap();
    std::fs::write(&watch, manifest(&json!({"appId": APP}))).unwrap();
    let (namespace, watch) = (namespace.to_str().unwrap(), watch.to_str().unwrap());
    let ran = stage.check(&["-f", namespace, watch, "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1), "{}", ran.stderr);
    let ran = stage.check(&["-f", namespace, namespace]);
    assert_eq!(ran.code, 3);
    let expected = format!(
        "{namespace}, {namespace}: no SaeAppWatch, SaeAccount or SaeAppWatchSet among 2 objects of other API groups"
    );
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
}

#[test]
fn nothing_of_ours_at_all_is_a_fault() {
    let said = refused(NAMESPACE);
    assert!(said.starts_with("saewatch: 1 fault in the manifests"), "{said}");
    assert!(
        said.contains("no SaeAppWatch, SaeAccount or SaeAppWatchSet among 1 object of other API groups"),
        "{said}"
    );
    let said = refused("apiVersion: v1\nkind: List\nitems: []\n");
    assert!(said.contains("standard input: no SaeAppWatch, SaeAccount or SaeAppWatchSet in it"), "{said}");
}

#[test]
fn a_misspelt_kind_or_group_of_ours_is_a_fault_beside_what_is_passed_over() {
    for (head, fault) in [
        (
            "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatsh",
            "kind: Invalid value: \"SaeAppWatsh\": must be SaeAppWatch, SaeAccount or SaeAppWatchSet",
        ),
        (
            "apiVersion: saewatch.dev/v1alpha1\nkind: saeappwatch",
            "kind: Invalid value: \"saeappwatch\": must be SaeAppWatch",
        ),
        (
            "apiVersion: saewatch.dev/v1alpha1\nkind: saeaccount",
            "kind: Invalid value: \"saeaccount\": must be SaeAccount",
        ),
        (
            "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatchset",
            "kind: Invalid value: \"SaeAppWatchset\": must be SaeAppWatchSet",
        ),
        (
            "apiVersion: saewatch.dev/v1\nkind: SaeAppWatchSet",
            "apiVersion: Invalid value: \"saewatch.dev/v1\": must be",
        ),
        (
            "apiVersion: saewatch.de/v1alpha1\nkind: SaeAccount",
            "apiVersion: Invalid value: \"saewatch.de/v1alpha1\": must be",
        ),
        (
            "apiVersion: saewatch.de/v1alpha1\nkind: SaeAppWatch",
            "apiVersion: Invalid value: \"saewatch.de/v1alpha1\": must be",
        ),
        ("apiVersion: v1alpha1\nkind: SaeAppWatch", "apiVersion: Invalid value: \"v1alpha1\": must be"),
        ("kind: ConfigMap", "kind: Invalid value: \"ConfigMap\": must be SaeAppWatch"),
        ("apiVersion: v1", "kind: Required value"),
    ] {
        let said = refused(&format!(
            "{NAMESPACE}---\n{}\n---\n{head}\nmetadata: {{name: a}}\nspec: {{appId: a}}\n",
            manifest(&json!({"appId": APP}))
        ));
        assert!(said.contains(&format!("document 3: {fault}")), "{head}: {said}");
    }
}
