//! Server-side apply by one manager, forced: what it names is its, and what it named before and names no more goes.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::merge::merge_patch;
use super::schema;
use super::store::{Name, Refusal, Resource, Store};

impl Store {
    /// Applies a watch, which is created if it is not there. An uid in the body must be its uid.
    pub fn apply(&mut self, name: &Name, body: &Value, now: Timestamp) -> Result<Value, Refusal> {
        let wanted = json!({
            "labels": body["metadata"]["labels"], "annotations": body["metadata"]["annotations"],
            "ownerReferences": body["metadata"]["ownerReferences"], "spec": body["spec"],
        });
        let uid = &body["metadata"]["uid"];
        let stored = self.get(name).ok().cloned();
        if !uid.is_null() && stored.as_ref().is_none_or(|stored| stored["metadata"]["uid"] != *uid) {
            return Err(Refusal::new(409, "Conflict", "uid mismatch"));
        }
        let before = self.applied.get(name).cloned().unwrap_or_default();
        let gone = dropped(&before, &wanted);
        let merged = |stored: &Value, field: &str| {
            let without =
                merge_patch(stored, if gone[field].is_object() { &gone[field] } else { &wanted[field] });
            merge_patch(&without, &wanted[field])
        };
        let spec_schema = schema::of_spec(Resource::Watches);
        let stored = stored.unwrap_or_else(|| json!({"metadata": {}, "spec": {}}));
        let mut spec = merged(&stored["spec"], "spec");
        schema::default_all(&mut spec, spec_schema);
        if let Some(why) = schema::refuses(&spec, spec_schema, "spec") {
            return Err(Refusal::new(422, "Invalid", why));
        }
        let [labels, annotations] =
            ["labels", "annotations"].map(|field| merged(&stored["metadata"][field], field));
        if self.get(name).is_err() {
            self.create(name, &spec, now);
        }
        self.edit(name, |stored| {
            stored["spec"] = spec;
            stored["metadata"]["labels"] = labels;
            stored["metadata"]["annotations"] = annotations;
            stored["metadata"]["ownerReferences"] = wanted["ownerReferences"].clone();
        });
        self.applied.insert(name.clone(), wanted);
        self.get(name).cloned()
    }
}

/// What is in `before` and not in `after`, each leaf as null.
fn dropped(before: &Value, after: &Value) -> Value {
    match before {
        Value::Object(fields) => {
            let gone = |(name, value): (&String, &Value)| match after.get(name) {
                None | Some(Value::Null) => Some((name.clone(), Value::Null)),
                Some(after) if value.is_object() => Some((name.clone(), dropped(value, after))),
                Some(_) => None,
            };
            Value::Object(fields.iter().filter_map(gone).collect::<Map<_, _>>())
        }
        _ => json!({}),
    }
}
