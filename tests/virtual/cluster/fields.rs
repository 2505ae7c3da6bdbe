//! Which fields a status has, as server-side apply counts them.

use std::collections::BTreeSet;

use serde_json::Value;

/// The lists that merge by a key, as the CRD declares them; every other list is replaced whole.
const KEYED_LISTS: [(&str, &str); 2] = [("conditions", "type"), ("groups", "id")];

/// One step down into a status.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A field of an object.
    Field(String),
    /// The entry of a keyed list with this key.
    Entry(String),
}

/// A field of a status.
pub type Path = Vec<Step>;

/// Fields, as an owner has them.
pub type Fields = BTreeSet<Path>;

/// The field by whose value the entries of a list are told apart; `None` for a list that is one value.
pub fn key_of(path: &[Step]) -> Option<&'static str> {
    let [Step::Field(name)] = path else { return None };
    KEYED_LISTS.iter().find(|(list, _)| list == name).map(|(_, key)| *key)
}

/// The key of an entry.
pub fn key(entry: &Value, by: &str) -> String {
    entry[by].as_str().unwrap_or_default().to_owned()
}

/// The fields of a value: its leaves, and the entries of keyed lists themselves.
pub fn fields(value: &Value) -> Fields {
    let mut fields = Fields::new();
    collect(value, &mut Vec::new(), &mut fields);
    fields
}

/// The fields and all that holds them.
pub fn with_parents(fields: &Fields) -> Fields {
    fields.iter().flat_map(|path| (1..=path.len()).map(|length| path[..length].to_vec())).collect()
}

/// The value of a field.
pub fn find<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    let mut here = value;
    for (depth, step) in path.iter().enumerate() {
        here = match step {
            Step::Field(name) => here.get(name)?,
            Step::Entry(wanted) => {
                let by = key_of(&path[..depth])?;
                here.as_array()?.iter().find(|entry| key(entry, by) == *wanted)?
            }
        };
    }
    Some(here)
}

/// Takes a field away.
pub fn remove(value: &mut Value, path: &[Step]) {
    let Some((last, parents)) = path.split_last() else { return };
    let Some(parent) = find_mut(value, parents) else { return };
    match (last, parent) {
        (Step::Field(name), Value::Object(object)) => {
            object.remove(name);
        }
        (Step::Entry(gone), Value::Array(list)) => {
            let by = key_of(parents).unwrap_or_default();
            list.retain(|entry| key(entry, by) != *gone);
        }
        _ => {}
    }
}

fn find_mut<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    let mut here = value;
    for (depth, step) in path.iter().enumerate() {
        here = match step {
            Step::Field(name) => here.get_mut(name)?,
            Step::Entry(wanted) => {
                let by = key_of(&path[..depth])?;
                here.as_array_mut()?.iter_mut().find(|entry| key(entry, by) == *wanted)?
            }
        };
    }
    Some(here)
}

fn collect(value: &Value, path: &mut Path, fields: &mut Fields) {
    match (value, key_of(path)) {
        (Value::Object(object), _) if !object.is_empty() => {
            for (name, value) in object {
                path.push(Step::Field(name.clone()));
                collect(value, path, fields);
                path.pop();
            }
        }
        (Value::Array(list), Some(by)) => {
            for entry in list {
                path.push(Step::Entry(key(entry, by)));
                fields.insert(path.clone());
                collect(entry, path, fields);
                path.pop();
            }
        }
        _ => {
            // The status itself is no field.
            if !path.is_empty() {
                fields.insert(path.clone());
            }
        }
    }
}
