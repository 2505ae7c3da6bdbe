//! What a CustomResourceDefinition that is older than this program does not take.
//!
//! The API server drops fields that the schema does not declare, without an error: they are missing in its answer. A
//! value that the schema does not allow is refused with 422, and its causes name the fields.

use std::collections::BTreeSet;

use kube::core::Status;
use serde_json::Value;

/// The fields that were sent and are not stored, such as `status.groups[].image`; of one that is missing as a whole
/// only itself.
pub(super) fn dropped(sent: &Value, stored: &Value) -> BTreeSet<String> {
    let mut dropped = BTreeSet::new();
    collect_dropped(sent, stored, "status", &mut dropped);
    dropped
}

fn collect_dropped(sent: &Value, stored: &Value, path: &str, dropped: &mut BTreeSet<String>) {
    match (sent, stored) {
        (Value::Object(fields), _) => {
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                let path = format!("{path}.{name}");
                match stored.get(name) {
                    Some(stored) => collect_dropped(value, stored, &path, dropped),
                    None => drop(dropped.insert(path)),
                }
            }
        }
        (Value::Array(sent), Value::Array(stored)) => {
            let path = format!("{path}[]");
            sent.iter().zip(stored).for_each(|(sent, stored)| collect_dropped(sent, stored, &path, dropped));
        }
        _ => {}
    }
}

/// Whether a field of a status was sent.
pub(super) fn holds(sent: &Value, field: &str) -> bool {
    let steps = field.strip_prefix("status.").unwrap_or(field).split('.');
    let mut values = vec![sent];
    for step in steps {
        let inner = values.into_iter().filter_map(|value| value.get(step.trim_end_matches("[]")));
        values = inner
            .flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect()))
            .collect();
    }
    values.into_iter().any(|value| !value.is_null())
}

/// The fields of which a refusal calls the value wrong. A program and a CRD of one version agree on every value.
pub(super) fn wrong(refusal: &Status) -> BTreeSet<String> {
    let causes = refusal.details.iter().filter(|_| refusal.is_invalid()).flat_map(|details| &details.causes);
    causes.map(|cause| without_keys(&cause.field)).filter(|field| field.starts_with("status.")).collect()
}

/// A path without the numbers and keys of list entries: what the schema does not allow in one, it allows in none.
fn without_keys(path: &str) -> String {
    let parts = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    parts.collect::<Vec<_>>().join("[]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dropped_fields_are_those_that_the_answer_lacks() {
        let sent = json!({
            "health": "Healthy", "memory": {"streak": null, "notified": {"imagePull": {"present": true}}},
            "groups": [{"id": "g-1", "image": "a"}, {"id": "g-2"}], "revision": "a",
        });
        let stored = json!({"health": "Healthy", "groups": [{"id": "g-1"}, {"id": "g-2"}], "memory": {}, "revision": "a"});
        assert_eq!(
            Vec::from_iter(dropped(&sent, &stored)),
            ["status.groups[].image", "status.memory.notified"]
        );
        assert!(dropped(&sent, &sent).is_empty());
    }

    #[test]
    fn a_field_was_sent_if_any_entry_of_its_list_had_it() {
        let sent = json!({"memory": {"streak": null, "versions": ["a"]}, "groups": [{"id": "g-1"}, {"id": "g-2", "image": "a"}]});
        for (field, was_sent) in [
            ("status.groups[].image", true),
            ("status.groups[].name", false),
            ("status.memory.versions", true),
            ("status.memory.streak", false),
            ("status.memory.notified.imagePull", false),
        ] {
            assert_eq!(holds(&sent, field), was_sent, "{field}");
        }
    }

    #[test]
    fn wrong_values_are_read_off_the_causes() {
        let refusal: Status = serde_json::from_value(json!({
            "code": 422, "reason": "Invalid",
            "details": {"causes": [
                {"reason": "FieldValueNotSupported", "message": "", "field": "status.conditions[2].type"},
                {"reason": "FieldValueInvalid", "message": "", "field": "<nil>"},
            ]},
        }))
        .unwrap();
        assert_eq!(Vec::from_iter(wrong(&refusal)), ["status.conditions[].type"]);
    }
}
