//! The dashboard: its queries are ones that Prometheus understands, its panels do not cover each other, and the picture
//! on the pages shows it.

use std::collections::BTreeSet;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::judges;
use crate::support::{path, text};

const DASHBOARD: &str = "charts/saewatch/files/dashboard.json";
const PICTURE: &str = "docs/dashboard.png";

fn dashboard() -> Value {
    serde_json::from_str(&text(DASHBOARD)).unwrap()
}

/// All queries of all panels, with Grafana's variables filled in.
pub fn queries() -> Vec<String> {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets
        .map(|target| target["expr"].as_str().unwrap())
        .map(|query| {
            let everything = ["$job", "$namespace", "$account"];
            everything
                .iter()
                .fold(query.replace("$__rate_interval", "5m"), |query, one| query.replace(one, ".*"))
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

#[test]
fn the_picture_shows_this_dashboard() {
    let noted = format!("sha256-{}", STANDARD.encode(Sha256::digest(text(DASHBOARD))));
    let picture = std::fs::read(path(PICTURE)).unwrap();
    let is_noted = picture.windows(noted.len()).any(|bytes| bytes == noted.as_bytes());
    assert!(is_noted, "{PICTURE} shows another dashboard; run `make dashboard`");
}
