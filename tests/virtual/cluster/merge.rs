//! JSON merge patches (RFC 7396).

use serde_json::{Map, Value};

/// `value` after a patch.
pub fn merge_patch(value: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = value.as_object().cloned().unwrap_or_else(Map::new);
    for (name, value) in patch {
        if value.is_null() {
            merged.remove(name);
        } else {
            let old = merged.get(name).unwrap_or(&Value::Null);
            let new = merge_patch(old, value);
            merged.insert(name.clone(), new);
        }
    }
    Value::Object(merged)
}
