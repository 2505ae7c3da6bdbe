//! The forms for issues are such as GitHub shows: it says nothing of one that it cannot read, and leaves it out.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pages::text;

/// The parts that a form may have, and whether people fill them in.
const PARTS: [(&str, bool); 3] = [("markdown", false), ("input", true), ("textarea", true)];

fn form(name: &str) -> Value {
    serde_saphyr::from_str(&text(&format!(".github/ISSUE_TEMPLATE/{name}.yml"))).unwrap()
}

#[test]
fn every_form_has_a_name_and_parts_that_can_be_told_apart() {
    for name in ["bug", "request"] {
        let form = form(name);
        for key in ["name", "description"] {
            assert!(form[key].as_str().is_some_and(|text| text.len() >= 4), "{name} has no {key}");
        }
        let mut ids = BTreeSet::new();
        for part in form["body"].as_array().unwrap() {
            let (_, is_field) = PARTS.iter().find(|(kind, _)| part["type"] == *kind).unwrap();
            let text = if *is_field { "label" } else { "value" };
            assert!(part["attributes"][text].is_string(), "{name}: {part}");
            if *is_field {
                assert!(ids.insert(part["id"].as_str().unwrap().to_owned()), "{name}: {part}");
            }
        }
        assert!(!ids.is_empty(), "{name} asks nothing");
    }
}

#[test]
fn vulnerabilities_are_led_away_from_public_issues() {
    let link = &form("config")["contact_links"][0];
    let policy = text("SECURITY.md");
    assert!(policy.contains(&format!("({})", link["url"].as_str().unwrap())), "{link}");
}
