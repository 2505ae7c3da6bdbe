//! `--offline`: manifests are checked, and nothing is asked.

use serde_json::{Value, json};

use crate::stage::{APP, Ran, Stage};

fn manifest() -> String {
    json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": "shop"}, "spec": {"appId": APP},
    })
    .to_string()
}

/// Without keys, region and endpoint.
fn check_offline(arguments: &[&str]) -> (Ran, Stage) {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watch.yaml");
    std::fs::write(&file, manifest()).unwrap();
    let mut command = stage.command(&[&["--offline", "-f", file.to_str().unwrap()], arguments].concat());
    for variable in [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "SAEWATCH_ENDPOINT",
        "SAEWATCH_REGION",
    ] {
        command.env_remove(variable);
    }
    (Ran::of(command.output().unwrap()), stage)
}

#[test]
fn a_manifest_without_a_fault_exits_with_0_and_nothing_is_asked() {
    let (ran, stage) = check_offline(&[]);
    let said = "no fault in 1 SaeAppWatch; SAE was not asked\n";
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, said, ""));
    assert!(stage.sae.calls().is_empty());
}

#[test]
fn other_outputs_are_the_objects_with_their_defaults() {
    assert_eq!(check_offline(&["-o", "name"]).0.stdout, "saeappwatch.saewatch.dev/shop\n");
    let watch: Value = serde_json::from_str(&check_offline(&["-o", "json"]).0.stdout).unwrap();
    assert_eq!((&watch["spec"]["interval"], watch.get("status")), (&json!("60s"), None));
}

#[test]
fn accounts_or_sets_alone_are_checked_and_each_kind_is_counted() {
    let stage = Stage::new();
    let account = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAccount", "metadata": {"name": "prod"},
        "spec": {"accountId": "1234567890123456", "namespaces": ["shop", "team-*"]},
    });
    for (input, said) in [
        (format!("{account}"), "no fault in 1 SaeAccount; SAE was not asked\n"),
        (
            include_str!("../../gitops/example/watches/team-b/applications.yaml").to_owned(),
            "no fault in 1 SaeAppWatchSet; SAE was not asked\n",
        ),
        (format!("{account}\n---\n{account}"), "no fault in 2 SaeAccount; SAE was not asked\n"),
        (
            format!("{{apiVersion: v1, kind: List, items: [{account}, {}]}}", manifest()),
            "no fault in 1 SaeAppWatch and 1 SaeAccount; SAE was not asked\n",
        ),
        (
            format!("{{apiVersion: saewatch.dev/v1alpha1, kind: SaeAccountList, items: [{account}]}}"),
            "no fault in 1 SaeAccount; SAE was not asked\n",
        ),
    ] {
        let ran = stage.check_input(&["--offline", "-f", "-"], &input);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, said, ""), "{input}");
    }
    let both = format!("{account}\n---\n{}", manifest());
    let names = "saeappwatch.saewatch.dev/shop\nsaeaccount.saewatch.dev/prod\n";
    assert_eq!(stage.check_input(&["--offline", "-f", "-", "-o", "name"], &both).stdout, names);
    let printed = stage.check_input(&["--offline", "-f", "-", "-o", "yaml"], &both).stdout;
    let again = stage.check_input(&["--offline", "-f", "-", "-o", "json"], &printed).stdout;
    let list: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(list["items"][1]["spec"]["suspend"], json!(false), "with its defaults");
}

#[test]
fn a_fault_exits_with_3() {
    let stage = Stage::new();
    let ran = stage.check(&["--offline", "-f", "tests/check/three-mistakes.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.starts_with("saewatch: 3 faults in the manifests"), "{}", ran.stderr);
}

#[test]
fn what_needs_an_answer_cannot_be_had_offline() {
    let stage = Stage::new();
    for (arguments, flag) in [
        (&[APP, "--offline"][..], "<APP_ID>"),
        (&["-f", "x.yaml", "--offline", "--watch"], "--watch"),
        (&["-f", "x.yaml", "--offline", "--explain"], "--explain"),
    ] {
        let ran = stage.check(arguments);
        assert_eq!(ran.code, 3);
        let problem = format!("--offline checks manifests alone: it cannot be used with {flag}");
        assert!(ran.stderr.contains(&problem), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn without_keys_manifests_are_pointed_to_it() {
    let stage = Stage::new();
    let mut command = stage.command(&["-f", "tests/check/watches.yaml"]);
    let without_keys =
        command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let ran = Ran::of(without_keys.output().unwrap());
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.stderr,
        "saewatch: there are no keys to ask SAE with; --offline checks the manifests alone\n"
    );
}
