//! What Helm, Flux and Argo CD make of a SaeAccount in each row of contract §11.2, by their own libraries.

use serde_json::Value;

use crate::judges::{judge, statuses};
use crate::support::{cluster, documents, files, path, text, yaml};
use crate::verdicts::expressions;

/// The customization of Argo CD for accounts.
pub const ARGOCD: &str = "gitops/argocd/saewatch.dev/SaeAccount";

/// A situation, by the name of its file, and what kstatus makes of it.
pub const SITUATIONS: [(&str, &str); 11] = [
    ("new", "InProgress"),
    ("progressing", "InProgress"),
    ("verified", "Current"),
    ("account-mismatch", "Failed"),
    ("account-conflict", "Failed"),
    ("invalid-spec", "Failed"),
    ("authentication-failed", "Failed"),
    ("credentials-missing", "Failed"),
    ("verification-failed", "InProgress"),
    ("spec-changed", "InProgress"),
    ("suspended", "Current"),
];

/// The account of a situation.
pub fn situation(name: &str) -> Value {
    yaml(&format!("{ARGOCD}/testdata/{name}.yaml"))
}

/// What the judge says of every situation, in the order of the table.
fn verdicts(arguments: &[&str]) -> Vec<String> {
    let situations: Vec<Value> = SITUATIONS.iter().map(|(name, _)| situation(name)).collect();
    statuses(arguments, &situations)
}

#[test]
fn every_situation_of_an_account_is_judged() {
    let mut judged = SITUATIONS.map(|(name, _)| format!("{ARGOCD}/testdata/{name}.yaml"));
    judged.sort();
    assert_eq!(files(&format!("{ARGOCD}/testdata")), judged);
}

#[test]
fn helm_and_flux_wait_for_the_verification_and_fail_where_a_person_must_act() {
    assert_eq!(verdicts(&["kstatus"]), SITUATIONS.map(|(_, kstatus)| kstatus));
}

#[test]
fn the_expressions_of_the_guide_say_of_an_account_what_kstatus_does() {
    let [(current, failed)] = expressions("SaeAccount");
    assert_eq!(verdicts(&["flux", &current, &failed]), SITUATIONS.map(|(_, kstatus)| kstatus));
}

#[test]
fn the_health_script_of_accounts_passes_its_fixtures() {
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
async fn the_fixtures_of_accounts_are_statuses_that_the_crd_allows() {
    for (name, _) in SITUATIONS {
        let account = text(&format!("{ARGOCD}/testdata/{name}.yaml"));
        assert_eq!(documents(&account).len(), 1);
        let create = ["create", "--dry-run=server", "--validate=strict", "-f", "-"];
        let output = cluster().await.kubectl_with_input(&create, &account).await.unwrap();
        output.checked().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
