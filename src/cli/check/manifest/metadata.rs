//! What every object of Kubernetes says of itself: `apiVersion`, `kind` and `metadata`.

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::schema::{field, unknown};
use crate::api::{GROUP, KIND, VERSION};

/// The fields of `metadata`; most of them are of the API server's making.
const FIELDS: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character";

/// What is wrong with the head of a document.
pub(super) fn head(document: &Map<String, Value>, path: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, expected) in [("apiVersion", format!("{GROUP}/{VERSION}")), ("kind", KIND.to_owned())] {
        let path = field(path, name);
        match document.get(name) {
            None => faults.push(Fault::required(&path)),
            Some(value) if *value == json!(expected) => {}
            Some(value) => faults.push(Fault::invalid(&path, value, &format!("must be {expected}"))),
        }
    }
    let path = field(path, "metadata");
    match document.get("metadata") {
        Some(Value::Object(metadata)) => faults.extend(check(metadata, &path)),
        None | Some(Value::Null) => faults.push(Fault::required(&field(&path, "name"))),
        Some(other) => faults.push(Fault::invalid(&path, other, "must be of type object")),
    }
    faults
}

fn check(metadata: &Map<String, Value>, path: &str) -> Vec<Fault> {
    let strangers = metadata.keys().filter(|name| !FIELDS.contains(&name.as_str()));
    let mut faults: Vec<Fault> =
        strangers.map(|name| Fault::new(&field(path, name), unknown(name, FIELDS))).collect();
    if !metadata.contains_key("name") && !metadata.contains_key("generateName") {
        faults.push(Fault::required(&field(path, "name")));
    }
    for (name, fits, rule) in
        [("name", is_subdomain as fn(&str) -> bool, SUBDOMAIN), ("namespace", is_label, LABEL)]
    {
        if let Some(value) = metadata.get(name).filter(|value| !value.as_str().is_some_and(fits)) {
            faults.push(Fault::invalid(&field(path, name), value, rule));
        }
    }
    for name in ["labels", "annotations"] {
        faults.extend(texts(metadata.get(name), &field(path, name)));
    }
    faults
}

/// A map of texts: a number or a truth without quotes is the usual mistake.
fn texts(map: Option<&Value>, path: &str) -> Vec<Fault> {
    match map {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(entries)) => {
            let wrong = entries.iter().filter(|(_, value)| !value.is_string());
            wrong
                .map(|(name, value)| Fault::invalid(&field(path, name), value, "must be of type string"))
                .collect()
        }
        Some(other) => vec![Fault::invalid(path, other, "must be of type object")],
    }
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label_of_any_length)
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_of_any_length(text)
}

fn is_label_of_any_length(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    is_end(text.chars().next())
        && is_end(text.chars().last())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        for (name, fits) in [
            ("a", true),
            ("a-1.b", true),
            ("", false),
            ("A", false),
            ("-a", false),
            ("a.", false),
            ("a..b", false),
        ] {
            assert_eq!(is_subdomain(name), fits, "{name:?}");
        }
        assert!(is_label("team-a") && !is_label("team.a") && !is_label(&"a".repeat(64)));
    }
}
