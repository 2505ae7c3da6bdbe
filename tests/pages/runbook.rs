//! Operations: whoever is sent there by an alert, a condition or an event finds a paragraph.

use std::collections::BTreeMap;

use saewatch::api::Diagnosis;
use saewatch::api::Incomplete::{AccessDenied, Failed, NamespaceUnknown, Throttled, Unreadable};
use saewatch::domain::{EventType, Reason};
use serde_json::Value;

use crate::fragments::keep;
use crate::pages::text;

const PAGE: &str = "docs/operations.md";
const ALERTS: &str = "charts/saewatch/files/alerts.yaml";

/// The paragraphs of the page by their headings.
fn paragraphs() -> BTreeMap<String, String> {
    let page = text(PAGE);
    let parts = page.split("\n### ").skip(1).map(|part| {
        let (heading, body) = part.split_once('\n').unwrap();
        let body = body.split("\n## ").next().unwrap();
        (heading.to_owned(), body.trim().to_owned())
    });
    parts.collect()
}

#[test]
fn every_reason_that_asks_for_something_has_its_paragraph() {
    let paragraphs = paragraphs();
    for reason in Reason::ALL {
        let is_warning = reason.event() == Some(EventType::Warning);
        let wants = is_warning || reason.advice() != "Nothing.";
        let body = paragraphs.get(reason.as_str());
        assert!(!wants || body.is_some_and(|body| body.len() > 60), "{PAGE} says nothing of {reason}");
    }
}

#[test]
fn no_paragraph_is_of_a_word_that_is_gone() {
    let alerts = text(ALERTS);
    for (heading, body) in paragraphs() {
        let is_reason = Reason::ALL.iter().any(|reason| reason.as_str() == heading);
        let is_alert = alerts.contains(&format!("alert: {heading}\n"));
        assert!(
            is_reason || is_alert || heading.contains(' '),
            "{PAGE} explains {heading}, which is nothing"
        );
        assert!(body.len() > 60, "{PAGE} says little of {heading}: {body:?}");
    }
}

/// The section about diagnoses.
fn about_diagnoses() -> String {
    let page = text(PAGE);
    let (_, section) = page.split_once("\n## What a diagnosis says\n").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn the_diagnosis_that_is_shown_is_one_that_a_status_holds() {
    let section = about_diagnoses();
    let shown = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let shown: Value = serde_saphyr::from_str(shown).unwrap();
    let shown = &shown["status"]["diagnosis"];
    let read: Diagnosis = serde_json::from_value(shown.clone()).unwrap();
    let mut written = serde_json::to_value(read).unwrap();
    // What is absent is null in a patch.
    written.as_object_mut().unwrap().retain(|_, field| !field.is_null());
    assert_eq!(written, *shown);
}

#[test]
fn every_word_of_an_incomplete_diagnosis_is_explained() {
    let section = about_diagnoses();
    let (_, rows) = section.split_once("\n### When something is missing\n").unwrap();
    for incomplete in [AccessDenied, Throttled, Failed, Unreadable, NamespaceUnknown] {
        let word = serde_json::to_value(incomplete).unwrap();
        let word = word.as_str().unwrap();
        assert!(rows.contains(&format!("\n| `{word}` | ")), "{PAGE} does not explain {word}");
    }
}

/// The chart puts an alert's name in small letters behind this address.
#[test]
fn every_alerts_link_leads_to_its_paragraph() {
    let values = text("charts/saewatch/values.yaml");
    assert!(values.contains("/blob/main/docs/operations.md#"), "the chart links elsewhere");
    let alerts = text(ALERTS);
    let names = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let paragraphs = paragraphs();
    for name in names {
        assert!(paragraphs.get(name).is_some_and(|body| body.len() > 60), "{PAGE} says nothing of {name}");
    }
}

#[test]
fn every_alert_shows_its_expression_as_the_chart_has_it() {
    let rules: Value = serde_saphyr::from_str(&text(ALERTS)).unwrap();
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        let [name, expression, holds] = ["alert", "expr", "for"].map(|field| rule[field].as_str().unwrap());
        let severity = rule["labels"]["severity"].as_str().unwrap();
        let shown =
            format!("```promql\n{expression}\n```\n\nFires after {holds}, with `severity: {severity}`.\n");
        keep(PAGE, name, &shown);
    }
}
