//! The alerts: Prometheus' own rule tests, and that each has a runbook.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::judges;
use crate::support::{path, text, yaml};

const RULES: &str = "charts/saewatch/files/alerts.yaml";
const CASES: &str = "tests/chart/alerts_test.yaml";

/// What the chart leaves out unless it is asked for.
const OFF: [&str; 1] = ["SaewatchApplicationsUnwatched"];

/// The names of all alerts.
fn alerts() -> BTreeSet<String> {
    let rules = yaml(RULES);
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    rules.iter().map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_alert_fires_when_it_should_and_not_before() {
    judges::run(judges::promtool().args(["check", "rules", "--lint-fatal"]).arg(path(RULES)));
    judges::run(judges::promtool().args(["test", "rules"]).arg(path(CASES)));
}

#[test]
fn each_alert_has_a_test_in_which_it_fires() {
    let cases = yaml(CASES);
    let cases = cases["tests"].as_array().unwrap().iter();
    let fired: BTreeSet<String> = cases
        .flat_map(|case| case["alert_rule_test"].as_array().unwrap())
        .filter(|case| case["exp_alerts"].as_array().is_some_and(|alerts: &Vec<Value>| !alerts.is_empty()))
        .map(|case| case["alertname"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fired, alerts());
}

#[test]
fn each_alert_has_a_runbook_and_each_runbook_an_alert() {
    let operations = text("docs/operations.md");
    let runbooks = operations.lines().filter_map(|line| line.strip_prefix("### "));
    let runbooks: BTreeSet<String> =
        runbooks.filter(|name| name.starts_with("Saewatch")).map(ToOwned::to_owned).collect();
    assert_eq!(runbooks, alerts());
    // GitHub makes the anchor of a heading from its words in small letters, and the chart does the same.
    let base = yaml("charts/saewatch/values.yaml")["metrics"]["prometheusRule"]["runbookUrl"].clone();
    assert_eq!(base, "https://github.com/saewatch/saewatch/blob/main/docs/operations.md#");
}

#[test]
fn the_values_wait_as_long_and_are_as_severe_as_the_rules_and_one_alert_is_off() {
    let values = yaml("charts/saewatch/values.yaml")["metrics"]["prometheusRule"]["alerts"].clone();
    let rules = yaml(RULES);
    let rules = rules["groups"][0]["rules"].as_array().unwrap().iter();
    let expected: Value = rules
        .map(|rule| {
            let name = rule["alert"].as_str().unwrap();
            let mut settings = json!({"for": rule["for"], "severity": rule["labels"]["severity"]});
            if OFF.contains(&name) {
                settings["enabled"] = false.into();
            }
            (name.to_owned(), settings)
        })
        .collect();
    assert_eq!(values, expected);
}
