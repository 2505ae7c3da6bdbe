//! The dashboard: its queries are ones that Prometheus understands, and its panels do not cover each other.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};

use crate::judges;
use crate::support::text;

fn dashboard() -> Value {
    serde_json::from_str(&text("charts/saewatch/files/dashboard.json")).unwrap()
}

/// All queries of all panels, with Grafana's variables filled in.
pub fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap())
        .map(|query| {
            query.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$namespace", ".*")
        })
        .collect()
}

#[test]
fn prometheus_understands_every_query() {
    let rules: Vec<Value> = queries()
        .iter()
        .enumerate()
        .map(|(number, query)| json!({"record": format!("query:{number}"), "expr": query}))
        .collect();
    assert!(rules.len() > 15, "{rules:?}");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}", json!({"groups": [{"name": "dashboard", "rules": rules}]})).unwrap();
    judges::run(judges::promtool().args(["check", "rules"]).arg(file.path()));
}

#[test]
fn panels_have_names_and_places_of_their_own() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    for field in ["id", "title", "gridPos"] {
        let values: BTreeSet<String> = panels.iter().map(|panel| panel[field].to_string()).collect();
        assert_eq!(values.len(), panels.len(), "two panels share their {field}");
    }
}
