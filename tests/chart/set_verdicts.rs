//! What Helm, Flux and Argo CD make of a SaeAppWatchSet in each situation of contract §15.1, by their own libraries.

use serde_json::{Value, json};

use crate::judges::{judge, statuses};
use crate::support::{cluster, documents, files, path, text, yaml};
use crate::verdicts::expressions;

/// The customization of Argo CD for sets.
pub const ARGOCD: &str = "gitops/argocd/saewatch.dev/SaeAppWatchSet";

/// A situation, by the name of its file, and what kstatus makes of it.
pub const SITUATIONS: [(&str, &str); 17] = [
    ("new", "InProgress"),
    ("progressing", "InProgress"),
    ("listed", "Current"),
    ("orphans", "Current"),
    ("limit-reached", "Current"),
    ("list-failed", "InProgress"),
    ("access-denied", "Failed"),
    ("apply-failed", "InProgress"),
    ("invalid-spec", "Failed"),
    ("region-missing", "Failed"),
    ("account-required", "Failed"),
    ("account-not-found", "InProgress"),
    ("account-not-allowed", "Failed"),
    ("account-mismatch", "Failed"),
    ("account-suspended", "Current"),
    ("spec-changed", "InProgress"),
    ("suspended", "Current"),
];

/// The set of a situation.
pub fn situation(name: &str) -> Value {
    yaml(&format!("{ARGOCD}/testdata/{name}.yaml"))
}

/// What the judge says of every situation, in the order of the table.
fn verdicts(arguments: &[&str]) -> Vec<String> {
    let situations: Vec<Value> = SITUATIONS.iter().map(|(name, _)| situation(name)).collect();
    statuses(arguments, &situations)
}

#[test]
fn every_situation_of_a_set_is_judged() {
    let mut judged = SITUATIONS.map(|(name, _)| format!("{ARGOCD}/testdata/{name}.yaml"));
    judged.sort();
    assert_eq!(files(&format!("{ARGOCD}/testdata")), judged);
}

#[test]
fn helm_and_flux_wait_for_the_lists_and_the_watches_and_fail_where_a_person_must_act() {
    assert_eq!(verdicts(&["kstatus"]), SITUATIONS.map(|(_, kstatus)| kstatus));
}

#[test]
fn the_expressions_of_the_guide_say_of_a_set_what_kstatus_does() {
    let [(current, failed)] = expressions("SaeAppWatchSet");
    assert_eq!(verdicts(&["flux", &current, &failed]), SITUATIONS.map(|(_, kstatus)| kstatus));
}

#[test]
fn a_set_that_is_being_deleted_is_waited_for_until_it_is_gone() {
    let mut set = situation("listed");
    set["metadata"]["deletionTimestamp"] = json!("2026-11-22T08:00:00Z");
    assert_eq!(judge(&["kstatus"], &[set])[0]["status"], "Terminating");
}

#[test]
fn the_health_script_of_sets_passes_its_fixtures() {
    let script = path(&format!("{ARGOCD}/health.lua"));
    let tests = yaml(&format!("{ARGOCD}/health_test.yaml"));
    let tests = tests["tests"].as_array().unwrap();
    assert_eq!(tests.len(), SITUATIONS.len());
    for test in tests {
        let input = test["inputPath"].as_str().unwrap();
        let said = judge(&["argocd", script.to_str().unwrap()], &[yaml(&format!("{ARGOCD}/{input}"))]);
        assert_eq!(said, [test["healthStatus"].clone()], "{input}");
    }
}

#[tokio::test]
async fn the_fixtures_of_sets_are_statuses_that_the_crd_allows() {
    for (name, _) in SITUATIONS {
        let set = text(&format!("{ARGOCD}/testdata/{name}.yaml"));
        assert_eq!(documents(&set).len(), 1);
        let create = ["create", "--dry-run=server", "--validate=strict", "-f", "-"];
        let output = cluster().await.kubectl_with_input(&create, &set).await.unwrap();
        output.checked().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
