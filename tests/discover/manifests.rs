//! The manifests: `check` takes them, and names and ids are those that sets use.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::stage::{Ran, Stage};

/// What `check` says of these manifests.
fn check(stage: &Stage, manifests: &str) -> Ran {
    let mut command = stage.saewatch();
    let mut child = command.args(["check", "--offline", "-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifests.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

#[test]
fn check_takes_what_discover_prints() {
    let stage = Stage::new();
    for format in ["yaml", "json"] {
        let manifests = stage.found(&["-o", format, "--account-ref", "prod", "-n", "shop"]);
        let ran = check(&stage, &manifests);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{manifests}");
        assert_eq!(ran.stdout, "no fault in 3 SaeAppWatch; SAE was not asked\n");
    }
}

#[test]
fn yaml_json_and_names_are_of_the_same_objects() {
    let stage = Stage::new();
    let list: Value = serde_json::from_str(&stage.found(&["-o", "json"])).unwrap();
    assert_eq!((&list["apiVersion"], &list["kind"]), (&json!("v1"), &json!("List")));
    let items = list["items"].as_array().unwrap();
    let documents = stage.found(&["-o", "yaml"]);
    let documents: Vec<Value> =
        documents.split("---\n").map(|document| serde_saphyr::from_str(document).unwrap()).collect();
    assert_eq!(*items, documents);
    let names = stage.found(&["-o", "name"]);
    let of_items: Vec<String> = items
        .iter()
        .map(|item| format!("saeappwatch.saewatch.dev/{}", item["metadata"]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names.lines().collect::<Vec<_>>(), of_items);
}

#[test]
fn two_applications_of_one_name_have_two_manifests() {
    let stage = Stage::new();
    let names = stage.found(&["--name", "shop", "-o", "name"]);
    let names: BTreeSet<&str> = names.lines().collect();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.starts_with("saeappwatch.saewatch.dev/shop-")), "{names:?}");
}

#[test]
fn a_list_of_one_or_none_is_a_list() {
    let stage = Stage::new();
    for (name, count) in [("shop-cart", 1), ("pay", 0)] {
        let ran = stage.discover(&["--region", "cn-beijing", "--name", name, "-o", "json"]);
        let list: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, &list["kind"]), (0, &json!("List")));
        assert_eq!(list["items"].as_array().unwrap().len(), count);
    }
}
