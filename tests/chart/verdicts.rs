//! What Helm, Flux and Argo CD make of a watch in each situation of contract §6, by their own libraries.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::judges::judge;
use crate::support::{cluster, documents, files, keep, path, text, with_part, yaml};

/// The customization of Argo CD, in the layout of its own `resource_customizations`.
const ARGOCD: &str = "gitops/argocd/saewatch.dev/SaeAppWatch";

/// A situation, by the name of its file, and what is made of it: kstatus, the first expressions of gitops/README.md
/// (the first answer counts), the second ones (the rollout follows the application).
const SITUATIONS: [(&str, &str, &str, &str); 14] = [
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
];

fn situation(name: &str) -> Value {
    yaml(&format!("{ARGOCD}/testdata/{name}.yaml"))
}

/// The blocks of healthCheckExprs in the guide, as current and failed.
fn expressions() -> [(String, String); 2] {
    let guide = text("gitops/README.md");
    let blocks = guide.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let checks = blocks.map(|block| documents(block)[0]["healthCheckExprs"][0].clone());
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let pairs: Vec<_> = checks.map(|check| (text(&check, "current"), text(&check, "failed"))).collect();
    pairs.try_into().unwrap()
}

/// What the judge says of every situation, in the order of the table.
fn verdicts(arguments: &[&str]) -> Vec<String> {
    let situations: Vec<Value> = SITUATIONS.iter().map(|(name, ..)| situation(name)).collect();
    let said = judge(arguments, &situations);
    said.iter().map(|verdict| verdict["status"].as_str().unwrap().to_owned()).collect()
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
    let [first_answer, application] = expressions();
    let judged = |(current, failed): (String, String)| verdicts(&["flux", &current, &failed]);
    assert_eq!(judged(first_answer), SITUATIONS.map(|(_, _, first_answer, _)| first_answer));
    assert_eq!(judged(application), SITUATIONS.map(|(.., application)| application));
}

#[test]
fn the_health_script_passes_its_fixtures() {
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

#[test]
fn the_configmap_of_argo_cd_holds_the_scripts() {
    let script = |name: &str, indent: &str| {
        let text = text(&format!("{ARGOCD}/{name}"));
        let lines = text
            .lines()
            .map(|line| if line.is_empty() { line.to_owned() } else { format!("{indent}{line}") });
        lines.collect::<Vec<_>>().join("\n")
    };
    let action = |name: &str| {
        let lua = script(&format!("actions/{name}/action.lua"), "          ");
        format!("      - name: {name}\n        action.lua: |\n{lua}\n")
    };
    let expected = format!(
        "\
# To be merged into the ConfigMap argocd-cm. Made from saewatch.dev/SaeAppWatch/ by `make docs`.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
  labels:
    app.kubernetes.io/name: argocd-cm
    app.kubernetes.io/part-of: argocd
data:
  # Nothing in the status says what is in Git. A change of health is noticed all the same.
  resource.customizations.ignoreResourceUpdates.saewatch.dev_SaeAppWatch: |
    jsonPointers:
      - /status
  resource.customizations.health.saewatch.dev_SaeAppWatch: |
{health}
  resource.customizations.actions.saewatch.dev_SaeAppWatch: |
    discovery.lua: |
{discovery}
    definitions:
{refresh}{suspend}{resume}",
        health = script("health.lua", "    "),
        discovery = script("actions/discovery.lua", "      "),
        refresh = action("refresh"),
        suspend = action("suspend"),
        resume = action("resume"),
    );
    keep("gitops/argocd/argocd-cm.yaml", &expected);
    let data = yaml("gitops/argocd/argocd-cm.yaml")["data"].clone();
    let health = data["resource.customizations.health.saewatch.dev_SaeAppWatch"].as_str().unwrap();
    assert_eq!(health.trim_end(), text(&format!("{ARGOCD}/health.lua")).trim_end());
    let actions = data["resource.customizations.actions.saewatch.dev_SaeAppWatch"].as_str().unwrap();
    assert_eq!(documents(actions)[0]["definitions"].as_array().unwrap().len(), 3);
}

#[test]
fn the_guide_shows_every_situation() {
    let argocd = yaml(&format!("{ARGOCD}/health_test.yaml"));
    let argocd = |name: &str| {
        let tests = argocd["tests"].as_array().unwrap();
        let path = format!("testdata/{name}.yaml");
        tests.iter().find(|test| test["inputPath"] == path.as_str()).unwrap()["healthStatus"]["status"]
            .clone()
    };
    let rows = SITUATIONS.iter().map(|(name, kstatus, first_answer, application)| {
        let source = text(&format!("{ARGOCD}/testdata/{name}.yaml"));
        let situation = source.lines().next().unwrap().trim_start_matches("# ").trim_end_matches('.');
        let argocd = argocd(name);
        let argocd = argocd.as_str().unwrap();
        format!("| {situation} | {kstatus} | {first_answer} | {application} | {argocd} |\n")
    });
    let head = "| a watch | Helm `--wait`, Flux `wait` | Flux, the first answer counts | Flux, the rollout follows | Argo CD |\n|---|---|---|---|---|\n";
    let table = rows.fold(head.to_owned(), |table, row| table + &row);
    keep("gitops/README.md", &with_part(&text("gitops/README.md"), "verdicts", &table));
}
