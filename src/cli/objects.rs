//! Objects as kubectl prints them.

use serde_json::{Value, json};

use crate::api::GROUP;

/// The line of `kubectl get -o name`.
pub(super) fn name_line(kind: &str, name: &str) -> String {
    format!("{}.{GROUP}/{name}\n", kind.to_lowercase())
}

/// A List of objects.
pub(super) fn list(objects: &[Value]) -> Value {
    json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": objects })
}
