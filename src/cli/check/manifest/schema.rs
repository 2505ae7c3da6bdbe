//! A value against the schema of the CRD, as the API server goes through it in a server-side apply: defaults filled in,
//! for nulls too, shapes compared, and where the shape is right the rules asked.
//!
//! A walker of its own and not a library for JSON Schema: what Kubernetes makes of a schema (defaults, pruning, list
//! types, CEL) is no part of JSON Schema, and what is left of that here is a page. A test sees to it that the CRD says
//! nothing that the walker does not know.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::{Map, Value};

use super::fault::Fault;
use super::rules::Rules;

/// Why a null is refused where the field has no default. Other ways to write would drop it; but a check
/// cannot know who will apply the manifest (Kubernetes 1.37, Helm 4.3).
const NULL: &str = "server-side apply, which Flux, Helm 4 and kubectl apply --server-side use, refuses a null here; \
                    leave the field out";

/// Fills in the defaults, and says everything that is wrong with the value at this path.
fn validate(schema: &JSONSchemaProps, rules: &Rules, value: &mut Value, path: &str) -> Vec<Fault> {
    let mut faults = structure(schema, rules, value, path);
    // A rule may only rely on what has the right shape.
    if faults.is_empty() {
        faults.extend(rules.broken(schema, value, path));
    }
    faults
}

/// The same but for the rules of the value as a whole.
pub(super) fn structure(
    schema: &JSONSchemaProps,
    rules: &Rules,
    value: &mut Value,
    path: &str,
) -> Vec<Fault> {
    let wanted = schema.type_.as_deref().unwrap_or_default();
    match (wanted, &mut *value) {
        ("object", Value::Object(fields)) => object(schema, rules, fields, path),
        ("array", Value::Array(items)) => array(schema, rules, items, path),
        ("string", Value::String(text)) => string(schema, text, path),
        ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => Vec::new(),
        ("boolean", Value::Bool(_)) => Vec::new(),
        (_, Value::Null) => vec![Fault::invalid(path, value, &format!("must be of type {wanted}: {NULL}"))],
        _ => vec![Fault::invalid(path, value, &format!("must be of type {wanted}"))],
    }
}

fn object(
    schema: &JSONSchemaProps,
    rules: &Rules,
    fields: &mut Map<String, Value>,
    path: &str,
) -> Vec<Fault> {
    let nothing = BTreeMap::new();
    let properties = schema.properties.as_ref().unwrap_or(&nothing);
    for (name, property) in properties {
        if let Some(default) = &property.default {
            let value = fields.entry(name).or_insert(Value::Null);
            // As the API server does with nulls of fields that are not nullable, of which ours are all.
            if value.is_null() {
                *value = default.0.clone();
            }
        }
    }
    let missing = schema.required.iter().flatten().filter(|name| !fields.contains_key(*name));
    let mut faults: Vec<Fault> = missing.map(|name| Fault::required(&field(path, name))).collect();
    faults.extend(too_many(path, fields.len(), schema.max_properties));
    // What a map holds, whose keys are free.
    let other = match &schema.additional_properties {
        Some(JSONSchemaPropsOrBool::Schema(other)) => Some(&**other),
        Some(JSONSchemaPropsOrBool::Bool(_)) | None => None,
    };
    for (name, value) in fields {
        let path = field(path, name);
        match properties.get(name).or(other) {
            Some(property) => faults.extend(validate(property, rules, value, &path)),
            None => faults.push(Fault::new(&path, unknown(name, properties.keys().map(String::as_str)))),
        }
    }
    faults
}

fn array(schema: &JSONSchemaProps, rules: &Rules, items: &mut [Value], path: &str) -> Vec<Fault> {
    let count = items.len();
    let mut faults = Vec::from_iter(too_many(path, count, schema.max_items));
    if schema.x_kubernetes_list_type.as_deref() == Some("set") {
        let is_repeated = |number: &usize| items[..*number].contains(&items[*number]);
        let repeated = (0..count).filter(is_repeated);
        faults.extend(repeated.map(|n| Fault::new(&item(path, n), format!("Duplicate value: {}", items[n]))));
    }
    if let Some(JSONSchemaPropsOrArray::Schema(schema)) = &schema.items {
        faults.extend(
            items
                .iter_mut()
                .enumerate()
                .flat_map(|(n, value)| validate(schema, rules, value, &item(path, n))),
        );
    }
    faults
}

fn too_many(path: &str, count: usize, most: Option<i64>) -> Option<Fault> {
    let most = most.filter(|most| usize::try_from(*most).is_ok_and(|most| count > most))?;
    Some(Fault::new(path, format!("Too many: {count}: must have at most {most} items")))
}

fn string(schema: &JSONSchemaProps, text: &str, path: &str) -> Vec<Fault> {
    let is_too_long = |most: &i64| usize::try_from(*most).is_ok_and(|most| text.chars().count() > most);
    let most = schema.max_length.filter(is_too_long);
    most.map(|most| Fault::new(path, format!("Too long: may not be more than {most} bytes")))
        .into_iter()
        .collect()
}

/// An unknown field, and the one that was perhaps meant.
pub(super) fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let nearest = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|nearest| likeness(nearest) > 0.8) {
        Some(nearest) => format!("unknown field, did you mean {nearest:?}?"),
        None => "unknown field".to_owned(),
    }
}

pub(super) fn field(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

pub(super) fn item(path: &str, number: usize) -> String {
    format!("{path}[{number}]")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::Validator;
    use super::*;

    /// What the walker acts on, and what asks for nothing: `format` here is the width of a whole number, whose bounds
    /// the rules give.
    const KNOWN: [&str; 13] = [
        "type",
        "properties",
        "additionalProperties",
        "maxProperties",
        "required",
        "default",
        "items",
        "maxItems",
        "maxLength",
        "x-kubernetes-list-type",
        "x-kubernetes-validations",
        "description",
        "format",
    ];

    fn keywords(schema: &Value, found: &mut BTreeSet<String>) {
        let Some(schema) = schema.as_object() else { return };
        found.extend(schema.keys().cloned());
        let properties = schema.get("properties").and_then(Value::as_object);
        let items = ["items", "additionalProperties"].into_iter().filter_map(|name| schema.get(name));
        let parts = properties.into_iter().flat_map(Map::values).chain(items);
        parts.for_each(|part| keywords(part, found));
    }

    #[test]
    fn the_crd_says_nothing_that_the_walker_does_not_know() {
        let mut found = BTreeSet::new();
        for kind in [Validator::watches(), Validator::accounts(), Validator::sets()] {
            keywords(&json!(kind.schema.properties.unwrap()["spec"]), &mut found);
        }
        let strange: Vec<&String> = found.iter().filter(|word| !KNOWN.contains(&word.as_str())).collect();
        assert!(strange.is_empty(), "teach the walker {strange:?}");
    }

    #[test]
    fn an_unknown_field_is_taken_for_its_neighbour_only_where_they_are_alike() {
        let known = ["interval", "timeout"];
        assert_eq!(unknown("timeOut", known), "unknown field, did you mean \"timeout\"?");
        assert_eq!(unknown("colour", known), "unknown field");
    }
}
