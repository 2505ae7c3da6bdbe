//! What every object of Kubernetes says of itself: `apiVersion`, `kind` and `metadata`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::schema::{field, item, unknown};
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

/// The fields of one of `ownerReferences`.
const OWNER_FIELDS: [&str; 6] = ["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"];

/// What the name of an object must be.
pub(in crate::cli::check) const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character";
const QUALIFIED: &str = "a name must consist of alphanumeric characters, '-', '_' or '.', must start and end with an \
                         alphanumeric character, and may follow a DNS subdomain and a '/'";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character";

/// Whether this is an object of another API group. What calls itself a SaeAppWatch is ours, its group misspelt.
pub(super) fn is_of_another_group(object: &Value) -> bool {
    let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(version), Some(kind)) = (text("apiVersion"), text("kind")) else { return false };
    // Objects of the core group have a version alone.
    let group = version.split_once('/').map_or("", |(group, _)| group);
    group != GROUP && !kind.eq_ignore_ascii_case(KIND)
}

/// That this is another kind of object; then nothing else about it is worth a word.
pub(super) fn foreign(document: &Map<String, Value>, path: &str) -> Option<Fault> {
    let kind = document.get("kind").filter(|kind| kind.as_str().is_some_and(|kind| kind != KIND))?;
    Some(Fault::invalid(&field(path, "kind"), kind, &format!("must be {KIND}")))
}

/// Takes nulls as the API server does in the fields that Kubernetes itself defines: one that is null is absent, and a
/// label or an annotation that is null is empty.
pub(super) fn take_nulls(document: &mut Map<String, Value>) {
    let Some(Value::Object(metadata)) = document.get_mut("metadata") else { return };
    metadata.retain(|name, value| !value.is_null() || !FIELDS.contains(&name.as_str()));
    for name in ["labels", "annotations"] {
        let texts = metadata.get_mut(name).and_then(Value::as_object_mut);
        for text in texts.into_iter().flat_map(Map::values_mut).filter(|text| text.is_null()) {
            *text = "".into();
        }
    }
}

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
    if let Some(value) = metadata.get("generateName").filter(|value| !value.as_str().is_some_and(is_prefix)) {
        faults.push(Fault::invalid(&field(path, "generateName"), value, SUBDOMAIN));
    }
    for name in ["labels", "annotations"] {
        faults.extend(texts(metadata.get(name), &field(path, name), name == "labels"));
    }
    faults.extend(owners(metadata.get("ownerReferences"), &field(path, "ownerReferences")));
    if faults.is_empty() {
        faults.extend(shapes(metadata, path));
    }
    faults
}

/// Fields of another shape than Kubernetes gives them.
fn shapes(metadata: &Map<String, Value>, path: &str) -> Vec<Fault> {
    let problem = |(name, value): (&String, &Value)| {
        let error = ObjectMeta::deserialize(&json!({ name: value })).err()?;
        Some(Fault::invalid(&field(path, name), value, &error.to_string()))
    };
    metadata.iter().filter_map(problem).collect()
}

/// A map of texts: a number or a truth without quotes is the usual mistake. Faults of names and of labels are those of
/// the map, as the API server has them.
fn texts(map: Option<&Value>, path: &str, are_labels: bool) -> Vec<Fault> {
    let entries = match map {
        None => return Vec::new(),
        Some(Value::Object(entries)) => entries,
        Some(other) => return vec![Fault::invalid(path, other, "must be of type object")],
    };
    let fault = |(name, value): (&String, &Value)| match value.as_str() {
        None => Some(Fault::invalid(&field(path, name), value, "must be of type string")),
        Some(_) if !is_qualified(name) => Some(Fault::invalid(path, &json!(name), QUALIFIED)),
        Some(text) if are_labels && !is_label_value(text) => Some(Fault::invalid(path, value, LABEL_VALUE)),
        Some(_) => None,
    };
    entries.iter().filter_map(fault).collect()
}

/// Who owns it must be named in full.
fn owners(owners: Option<&Value>, path: &str) -> Vec<Fault> {
    let owners = owners.and_then(Value::as_array).into_iter().flatten().enumerate();
    owners.flat_map(|(number, owner)| check_owner(owner, &item(path, number))).collect()
}

fn check_owner(owner: &Value, path: &str) -> Vec<Fault> {
    let Some(fields) = owner.as_object() else {
        return vec![Fault::invalid(path, owner, "must be of type object")];
    };
    let strangers = fields.keys().filter(|name| !OWNER_FIELDS.contains(&name.as_str()));
    let strangers = strangers.map(|name| Fault::new(&field(path, name), unknown(name, OWNER_FIELDS)));
    let nameless = ["apiVersion", "kind", "name", "uid"].into_iter().filter_map(|name| {
        let path = field(path, name);
        match fields.get(name) {
            None | Some(Value::Null) => Some(Fault::required(&path)),
            Some(Value::String(text)) if text.is_empty() => Some(Fault::required(&path)),
            Some(Value::String(_)) => None,
            Some(other) => Some(Fault::invalid(&path, other, "must be of type string")),
        }
    });
    strangers.chain(nameless).collect()
}

/// Whether an object may have this name.
pub(in crate::cli::check) fn is_subdomain(text: &str) -> bool {
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

/// A name to which the API server adds five characters.
fn is_prefix(text: &str) -> bool {
    is_subdomain(&format!("{text}a"))
}

/// The name of a label or an annotation: `name` or `domain/name`.
fn is_qualified(text: &str) -> bool {
    let (domain, name) = text.rsplit_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    domain.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

fn is_label_value(text: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63
        && is_end(text.chars().next())
        && is_end(text.chars().last())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
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

    #[test]
    fn names_and_values_of_labels_are_those_of_kubernetes() {
        for (name, fits) in [
            ("a", true),
            ("A_b.c", true),
            ("a.b/C", true),
            ("x y", false),
            ("", false),
            ("/a", false),
            ("a/b/c", false),
        ] {
            assert_eq!(is_qualified(name), fits, "{name:?}");
        }
        assert!(
            is_label_value("") && is_label_value("A-1") && !is_label_value("a b") && !is_label_value("-a")
        );
        assert!(is_prefix("shop-") && is_prefix("shop") && !is_prefix("A_"));
    }
}
