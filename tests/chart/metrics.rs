//! What alerts and dashboard ask for is there: every metric is one of the operator's, every label one of the metric's.

use std::collections::BTreeSet;

use saewatch::telemetry::catalogue::{self, Kind, Metric};

use crate::dashboard;
use crate::support::yaml;

/// Labels that Prometheus itself puts on every series of a target.
const OF_THE_TARGET: [&str; 2] = ["job", "pod"];

/// A metric as a query names it, and the labels that it is selected by.
#[derive(Debug, PartialEq)]
struct Selected {
    name: String,
    labels: Vec<String>,
}

/// The queries of the alerts.
fn alerts() -> Vec<String> {
    let rules = yaml("charts/saewatch/files/alerts.yaml");
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    rules.iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect()
}

/// All metrics in a query. Each of ours is followed by its braces, since each is asked for by its job.
fn selected(query: &str) -> Vec<Selected> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in query.match_indices('{') {
        let before = &query[..at];
        let name = &before[before.rfind(|c| !is_name(c)).map_or(0, |end| end + 1)..];
        let inside = query[at + 1..].split('}').next().unwrap();
        let labels = inside.split('"').step_by(2).map(|part| part.trim_matches(|c| !is_name(c)).to_owned());
        found.push(Selected { name: name.to_owned(), labels: labels.filter(|l| !l.is_empty()).collect() });
    }
    found
}

/// What a query groups by, each time with the next metric behind it.
fn grouped(query: &str) -> Vec<(Vec<String>, String)> {
    let groups = query.match_indices("by (").filter_map(|(at, start)| {
        let (labels, behind) = query[at + start.len()..].split_once(')')?;
        let of = selected(behind).into_iter().next()?.name;
        Some((labels.split(", ").map(ToOwned::to_owned).collect(), of))
    });
    groups.collect()
}

/// The metric of the operator that has this series.
fn metric(series: &str) -> Option<Metric> {
    catalogue::ALL.into_iter().find(|metric| match metric.kind {
        Kind::Histogram => {
            ["_bucket", "_sum", "_count"].iter().any(|part| format!("{}{part}", metric.name) == series)
        }
        Kind::Counter | Kind::Gauge | Kind::Info => metric.name == series,
    })
}

#[test]
fn alerts_and_dashboard_ask_for_what_there_is() {
    let queries: Vec<String> = alerts().into_iter().chain(dashboard::queries()).collect();
    let mut asked = BTreeSet::new();
    for query in &queries {
        let all = selected(query);
        assert!(!all.is_empty(), "{query}");
        assert_eq!(
            all.len(),
            query.matches("saewatch_").count() + query.matches("process_").count(),
            "{query}"
        );
        for Selected { name, labels } in all {
            let metric = metric(&name).unwrap_or_else(|| panic!("there is no {name}: {query}"));
            for label in &labels {
                let is_there =
                    metric.labels.contains(&label.as_str()) || OF_THE_TARGET.contains(&label.as_str());
                assert!(is_there, "{name} has no label {label}: {query}");
            }
            asked.insert(metric.name);
        }
        for (labels, of) in grouped(query) {
            let metric = metric(&of).unwrap_or_else(|| panic!("there is no {of}: {query}"));
            for label in labels.iter().filter(|label| *label != "le") {
                let is_there =
                    metric.labels.contains(&label.as_str()) || OF_THE_TARGET.contains(&label.as_str());
                assert!(is_there, "{of} has no label {label} to group by: {query}");
            }
        }
    }
    assert!(asked.len() > 15, "{asked:?}");
}

#[test]
fn a_query_is_taken_apart() {
    let found = selected(r#"sum by (job) (rate(a_total{job="x, y", b=~"c|d"}[5m])) > max(e{job="x"})"#);
    let of = |name: &str, labels: &[&str]| Selected {
        name: name.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    };
    assert_eq!(found, [of("a_total", &["job", "b"]), of("e", &["job"])]);
    let found = grouped(r#"sum by (job, b) (rate(a_total{job="x"}[5m])) > max by (job) (e{job="x"})"#);
    let of = |labels: &[&str], name: &str| {
        (labels.iter().map(|&label| label.to_owned()).collect(), name.to_owned())
    };
    assert_eq!(found, [of(&["job", "b"], "a_total"), of(&["job"], "e")]);
}
