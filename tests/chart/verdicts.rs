//! What Helm, Flux and Argo CD make of a watch in each situation of contract §6 and §11.3, by their own libraries.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::judges::{judge, statuses};
use crate::support::{cluster, documents, files, path, text, yaml};

/// The customization of Argo CD, in the layout of its own `resource_customizations`.
pub const ARGOCD: &str = "gitops/argocd/saewatch.dev/SaeAppWatch";

/// The page that says what each tool makes of each situation.
pub const GUIDE: &str = "docs/gitops.md";

/// The health scripts for Argo CD, by the names of their files: about the watch only, and about its application too.
pub const WATCH_ONLY: &str = "health";
pub const FOLLOW: &str = "health-follow";

/// A situation, by the name of its file, and what is made of it: kstatus, the first expressions of the guide (the first
/// answer counts), the second ones (the rollout follows the application).
pub const SITUATIONS: [(&str, &str, &str, &str); 20] = [
    ("new", "InProgress", "InProgress", "InProgress"),
    ("progressing", "InProgress", "InProgress", "InProgress"),
    ("healthy", "Current", "Current", "Current"),
    ("scaled-to-zero", "Current", "Current", "Current"),
    ("starting", "Current", "Current", "InProgress"),
    ("failing", "Current", "Current", "Failed"),
    ("poll-failed", "InProgress", "Current", "Current"),
    ("stale", "InProgress", "Current", "InProgress"),
    ("app-not-found", "Failed", "Failed", "Failed"),
    ("access-denied", "Failed", "Failed", "Failed"),
    ("spec-changed", "InProgress", "InProgress", "InProgress"),
    ("created-suspended", "Current", "Current", "Current"),
    ("suspended", "Current", "Current", "Current"),
    ("suspended-failed", "Current", "Current", "Current"),
    ("account-required", "Failed", "Failed", "Failed"),
    ("account-not-found", "InProgress", "InProgress", "InProgress"),
    ("account-not-allowed", "Failed", "Failed", "Failed"),
    ("account-suspended", "Current", "Current", "Current"),
    ("account-mismatch", "Failed", "Failed", "Failed"),
    ("account-unverified", "InProgress", "InProgress", "InProgress"),
];

/// The watch of a situation.
pub fn situation(name: &str) -> Value {
    yaml(&format!("{ARGOCD}/testdata/{name}.yaml"))
}

/// The blocks of healthCheckExprs in the guide for a kind, as current and failed.
pub fn expressions<const N: usize>(kind: &str) -> [(String, String); N] {
    let guide = text(GUIDE);
    let blocks = guide.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let checks = blocks
        .filter(|block| block.starts_with("healthCheckExprs:"))
        .map(|block| documents(block)[0]["healthCheckExprs"][0].clone())
        .filter(|check| check["kind"] == kind);
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let pairs: Vec<_> = checks.map(|check| (text(&check, "current"), text(&check, "failed"))).collect();
    pairs.try_into().unwrap()
}

/// What the judge says of every situation, in the order of the table.
fn verdicts(arguments: &[&str]) -> Vec<String> {
    let situations: Vec<Value> = SITUATIONS.iter().map(|(name, ..)| situation(name)).collect();
    statuses(arguments, &situations)
}

#[test]
fn every_situation_is_judged() {
    let there = files(&format!("{ARGOCD}/testdata"));
    let mut judged = SITUATIONS.map(|(name, ..)| format!("{ARGOCD}/testdata/{name}.yaml"));
    judged.sort();
    assert_eq!(there, judged);
}

#[test]
fn helm_and_flux_wait_for_the_first_answer_and_fail_on_a_permanent_error() {
    assert_eq!(verdicts(&["kstatus"]), SITUATIONS.map(|(_, kstatus, ..)| kstatus));
}

#[test]
fn the_expressions_of_the_guide_say_what_it_says_of_them() {
    let [first_answer, application] = expressions("SaeAppWatch");
    let judged = |(current, failed): (String, String)| verdicts(&["flux", &current, &failed]);
    assert_eq!(judged(first_answer), SITUATIONS.map(|(_, _, first_answer, _)| first_answer));
    assert_eq!(judged(application), SITUATIONS.map(|(.., application)| application));
}

#[test]
fn both_health_scripts_pass_their_fixtures() {
    for name in [WATCH_ONLY, FOLLOW] {
        let script = path(&format!("{ARGOCD}/{name}.lua"));
        let tests = yaml(&format!("{ARGOCD}/{name}_test.yaml"));
        let tests = tests["tests"].as_array().unwrap();
        assert_eq!(tests.len(), SITUATIONS.len());
        for test in tests {
            let input = test["inputPath"].as_str().unwrap();
            let said = judge(&["argocd", script.to_str().unwrap()], &[yaml(&format!("{ARGOCD}/{input}"))]);
            assert_eq!(said, [test["healthStatus"].clone()], "{name}: {input}");
        }
    }
}

#[test]
fn a_sick_application_degrades_nothing_in_argo_cd_unless_the_team_says_so() {
    for (script, expected) in [(WATCH_ONLY, "Healthy"), (FOLLOW, "Degraded")] {
        let script = path(&format!("{ARGOCD}/{script}.lua"));
        let said = judge(&["argocd", script.to_str().unwrap()], &[situation("failing")]);
        assert_eq!(said[0]["status"], expected, "{script:?}");
        assert!(said[0]["message"].as_str().unwrap().contains("shop-2 is in CrashLoopBackOff"), "{said:?}");
    }
}

#[test]
fn actions_are_offered_when_they_make_sense() {
    let script = path(&format!("{ARGOCD}/actions/discovery.lua"));
    let tests = yaml(&format!("{ARGOCD}/actions/action_test.yaml"));
    for test in tests["discoveryTests"].as_array().unwrap() {
        let input = test["inputPath"].as_str().unwrap();
        let said =
            judge(&["argocd", script.to_str().unwrap()], &[yaml(&format!("{ARGOCD}/actions/{input}"))]);
        let expected = test["result"].as_array().unwrap().iter();
        let expected: BTreeMap<&str, Value> = expected
            .map(|action| (action["name"].as_str().unwrap(), json!({"disabled": action["disabled"]})))
            .collect();
        assert_eq!(said, [json!(expected)], "{input}");
    }
}

#[test]
fn actions_change_what_they_say_and_nothing_else() {
    let tests = yaml(&format!("{ARGOCD}/actions/action_test.yaml"));
    for test in tests["actionTests"].as_array().unwrap() {
        let name = |field: &str| test[field].as_str().unwrap();
        let script = path(&format!("{ARGOCD}/actions/{}/action.lua", name("action")));
        let input = yaml(&format!("{ARGOCD}/actions/{}", name("inputPath")));
        let mut said = judge(&["argocd", script.to_str().unwrap()], &[input]).remove(0);
        // The time of the click; the fixture has another.
        if let Some(token) = said.pointer_mut("/metadata/annotations/saewatch.dev~1requested-at") {
            let time: jiff::Timestamp = token.as_str().unwrap().parse().unwrap();
            assert!(time.duration_until(jiff::Timestamp::now()).as_secs() < 60, "{time}");
            *token = "0001-01-01T00:00:00Z".into();
        }
        assert_eq!(said, yaml(&format!("{ARGOCD}/actions/{}", name("expectedOutputPath"))), "{test}");
    }
}

#[tokio::test]
async fn the_fixtures_are_statuses_that_the_crd_allows() {
    for (name, ..) in SITUATIONS {
        let file = path(&format!("{ARGOCD}/testdata/{name}.yaml"));
        let create = ["create", "--dry-run=server", "--validate=strict", "--namespace", "default", "-f"];
        let text = std::fs::read_to_string(&file).unwrap().replace("namespace: team-a", "namespace: default");
        let output =
            cluster().await.kubectl_with_input(&[&create[..], &["-"]].concat(), &text).await.unwrap();
        output.checked().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
