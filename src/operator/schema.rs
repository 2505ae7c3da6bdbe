//! What a CustomResourceDefinition that is older than this program does not take, read off the API server's refusals.
//!
//! Server-side apply does not prune: a field that the schema does not declare makes the API server refuse the whole
//! write, with HTTP 500 and the fields' names in its message. Without those fields the rest is taken.

use std::collections::BTreeSet;

use kube::core::Status;
use serde_json::Value;

/// How the message names an undeclared field (structured-merge-diff, which all of server-side apply is built on).
const UNDECLARED: &str = ": field not declared in schema";

/// The fields that a refusal calls undeclared, such as `status.groups[].image`.
pub fn undeclared(refusal: &Status) -> BTreeSet<String> {
    let fields = refusal.message.lines().filter_map(|line| line.trim_end().strip_suffix(UNDECLARED));
    fields
        .map(|field| field.rsplit_once(": ").map_or(field, |(_, field)| field))
        .map(|field| without_keys(field.trim().trim_start_matches('.')))
        .collect()
}

/// The fields of which a refusal calls the value wrong. A program and a CRD of one version agree on every value.
pub fn wrong(refusal: &Status) -> BTreeSet<String> {
    let causes = refusal.details.iter().filter(|_| refusal.is_invalid()).flat_map(|details| &details.causes);
    causes.map(|cause| without_keys(&cause.field)).filter(|field| field.starts_with("status.")).collect()
}

/// Leaves a field out of a value, in every entry of the lists on the way; says whether it was there.
pub fn leave_out(value: &mut Value, field: &str) -> bool {
    let (step, rest) = field.split_once('.').map_or((field, None), |(step, rest)| (step, Some(rest)));
    let name = step.trim_end_matches("[]");
    let Some(object) = value.as_object_mut() else { return false };
    match (rest, object.get_mut(name)) {
        (None, _) => object.remove(name).is_some(),
        (Some(rest), Some(Value::Array(entries))) => {
            // All of them, and not only up to the first that has it.
            let found: Vec<bool> = entries.iter_mut().map(|entry| leave_out(entry, rest)).collect();
            found.contains(&true)
        }
        (Some(rest), Some(inner)) => leave_out(inner, rest),
        (Some(_), None) => false,
    }
}

/// A path without the numbers and keys of list entries: what the schema does not know of one, it knows of none.
fn without_keys(path: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::with_capacity(path.len());
    for c in path.chars() {
        depth = depth.saturating_sub(u32::from(c == ']'));
        if depth == 0 {
            plain.push(c);
        }
        depth += u32::from(c == '[');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn undeclared_fields_are_read_off_the_refusal() {
        let one = "failed to create typed patch object (/my.shop; saewatch.dev/v1alpha1, Kind=SaeAppWatch): \
                   .status.groupCount: field not declared in schema";
        let more = "failed to create typed patch object (/shop; saewatch.dev/v1alpha1, Kind=SaeAppWatch): errors:\n  \
                    .status.instances[0].tags: field not declared in schema\n  \
                    .status.instances[1].tags: field not declared in schema\n  \
                    .status.groups[id=\"a.b[c]\"].image: field not declared in schema";
        let read = |message: &str| Vec::from_iter(undeclared(&Status::failure(message, "")));
        assert_eq!(read(one), ["status.groupCount"]);
        assert_eq!(read(more), ["status.groups[].image", "status.instances[].tags"]);
        assert!(read("etcdserver: request timed out").is_empty());
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

    #[test]
    fn a_field_is_left_out_of_every_entry() {
        let mut body = json!({"status": {"a": 1, "list": [{"b": 1, "c": 2}, {"c": 3}, {"b": 4}]}});
        assert!(leave_out(&mut body, "status.list[].b") && leave_out(&mut body, "status.a"));
        assert_eq!(body, json!({"status": {"list": [{"c": 2}, {"c": 3}, {}]}}));
        assert!(!leave_out(&mut body, "status.list[].b") && !leave_out(&mut body, "status.x.y"));
    }
}
