//! The schema of a status, as the API server makes of the CRD: what is refused, what is left out.

use std::sync::LazyLock;

use saewatch::api::NEVER_OBSERVED;
use serde_json::{Value, json};

use super::store::Resource;

/// The schema of `status`.
pub fn of_status(resource: Resource) -> Value {
    of(resource)["status"].clone()
}

/// The schema of `spec`.
pub fn of_spec(resource: Resource) -> &'static Value {
    &of(resource)["spec"]
}

/// The CRDs are made once: an apply each would be most of what a test does.
static CRDS: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(saewatch::api::crds()).unwrap());

fn of(resource: Resource) -> &'static Value {
    let crds = CRDS.as_array().unwrap();
    let crd = crds.iter().find(|crd| crd["spec"]["names"]["kind"] == resource.kind()).unwrap();
    &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
}

/// Adds the defaults of every field.
pub fn default_all(value: &mut Value, schema: &Value) {
    let Value::Object(fields) = value else { return };
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if !fields.contains_key(name) && !field["default"].is_null() {
            fields.insert(name.clone(), field["default"].clone());
        }
        if let Some(value) = fields.get_mut(name) {
            default_all(value, field);
        }
    }
}

/// Leaves out what the schema does not know, and nulls.
pub fn prune(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, value| !value.is_null() && schema["properties"].get(name).is_some());
            for (name, value) in object {
                prune(value, &schema["properties"][name]);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| prune(value, &schema["items"])),
        _ => {}
    }
}

/// Adds what the schema has a default for.
pub fn default(status: &mut Value) {
    if status["observedGeneration"].is_null() {
        status["observedGeneration"] = json!(NEVER_OBSERVED);
    }
}

/// The first thing about a value that the schema refuses.
pub fn refuses(value: &Value, schema: &Value, path: &str) -> Option<String> {
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        other => panic!("{path}: nobody here knows the type {other:?}"),
    };
    if !fits {
        return Some(format!("{path}: {value} is no {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Some(format!("{path}: {value} is none of {}", schema["enum"]));
    }
    let is_above = |limit: &str, size: usize| schema[limit].as_u64().is_some_and(|most| size as u64 > most);
    match value {
        Value::String(text) if is_above("maxLength", text.chars().count()) => {
            Some(format!("{path}: longer than {}", schema["maxLength"]))
        }
        Value::Array(list) if is_above("maxItems", list.len()) => {
            Some(format!("{path}: more than {}", schema["maxItems"]))
        }
        Value::Array(list) => list.iter().find_map(|value| refuses(value, &schema["items"], path)),
        Value::Object(object) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let missing = required.filter_map(Value::as_str).find(|name| !object.contains_key(*name));
            missing.map(|name| format!("{path}.{name}: Required value")).or_else(|| {
                let inside = |(name, value): (&String, &Value)| {
                    refuses(value, &schema["properties"][name], &format!("{path}.{name}"))
                };
                object.iter().find_map(inside)
            })
        }
        _ => None,
    }
}
