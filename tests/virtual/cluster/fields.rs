//! Which fields a status has, as server-side apply counts them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

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

/// Reads fields as `managedFields` has them. A dot stands for the thing itself, which only an entry is.
pub fn read(written: &Value, path: &mut Path, fields: &mut Fields) {
    for (name, inner) in written.as_object().into_iter().flatten() {
        let step = match name.split_once(':') {
            Some(("f", field)) => Step::Field(field.to_owned()),
            Some(("k", key)) => {
                let key: Value = serde_json::from_str(key).unwrap();
                Step::Entry(key.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned())
            }
            _ => continue,
        };
        let is_entry = matches!(step, Step::Entry(_));
        path.push(step);
        if inner.as_object().is_some_and(Map::is_empty) || is_entry && inner.get(".").is_some() {
            fields.insert(path.clone());
        }
        read(inner, path, fields);
        path.pop();
    }
}

/// Writes fields down as `managedFields` has them.
pub fn write(fields: &Fields) -> Value {
    let mut written = json!({});
    for path in fields {
        let mut here = &mut written;
        for (depth, step) in path.iter().enumerate() {
            let name = match step {
                Step::Field(field) => format!("f:{field}"),
                Step::Entry(key) => {
                    let by = key_of(&path[..depth]).unwrap_or_default();
                    format!("k:{}", json!({by: key}))
                }
            };
            let inner = &mut here[name];
            if inner.is_null() {
                *inner = json!({});
            }
            here = inner;
        }
        if let Some(Step::Entry(_)) = path.last() {
            here["."] = json!({});
        }
    }
    written
}
