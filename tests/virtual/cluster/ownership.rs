//! Server-side apply on a status: who owns which field, and what a write by one does to the fields of the others.
//!
//! As the real API server does it; `agreement.rs` compares the two.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::fields::{self, Fields, Path, Step, fields, find, key, key_of, remove, with_parents};

/// The owners of a status and what each owns. An owner is a field manager together with how it writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(BTreeMap<String, Fields>);

/// A field that somebody else owns and has set otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict(pub Path);

impl Owners {
    /// Applies the whole of what `manager` wants to say, and returns the new status.
    ///
    /// What it said before and says no more vanishes, unless somebody else owns it too.
    pub fn apply(
        &mut self,
        manager: &str,
        status: &Value,
        wanted: &Value,
        force: bool,
    ) -> Result<Value, Conflict> {
        let owner = format!("{manager}, by apply");
        let said = fields(wanted);
        let mut merged = merge(status, wanted, &mut Vec::new());
        let changed: Fields = said.iter().filter(|path| is_changed(status, &merged, path)).cloned().collect();
        let conflict = self.others(&owner).flat_map(|fields| fields.intersection(&changed)).next();
        if let (Some(path), false) = (conflict, force) {
            return Err(Conflict(path.clone()));
        }
        self.take_from_others(&owner, &changed);

        let said_before = with_parents(self.0.get(&owner).unwrap_or(&Fields::new()));
        let said_now = with_parents(&said);
        let kept: Fields = self.others(&owner).flat_map(with_parents).collect();
        for path in said_before.iter().filter(|path| !said_now.contains(*path) && !kept.contains(*path)) {
            remove(&mut merged, path);
        }
        self.0.insert(owner, said);
        self.settle(&merged);
        Ok(merged)
    }

    /// Notes that `manager` wrote `after` over `before`: it owns what it changed, and what it took away is gone.
    pub fn update(&mut self, manager: &str, before: &Value, after: &Value) {
        let owner = format!("{manager}, by update");
        let changed: Fields =
            fields(after).into_iter().filter(|path| is_changed(before, after, path)).collect();
        self.take_from_others(&owner, &changed);
        self.0.entry(owner).or_default().extend(changed);
        self.settle(after);
    }

    /// Reads the owners of a status off `metadata.managedFields`.
    pub fn read(managed: &Value) -> Self {
        let entries = managed.as_array().into_iter().flatten();
        let of_status = entries.filter(|entry| entry["fieldsV1"]["f:status"].is_object());
        let owners = of_status.map(|entry| {
            let by = if entry["operation"] == "Apply" { "apply" } else { "update" };
            let owner = format!("{}, by {by}", entry["manager"].as_str().unwrap_or_default());
            let mut fields = Fields::new();
            fields::read(&entry["fieldsV1"]["f:status"], &mut Vec::new(), &mut fields);
            (owner, fields)
        });
        Self(owners.filter(|(_, fields)| !fields.is_empty()).collect())
    }

    /// Writes them down as `metadata.managedFields` has them.
    pub fn write(&self) -> Value {
        let entry = |(owner, fields): (&String, &Fields)| {
            let (manager, by) = owner.split_once(", by ").unwrap_or((owner, ""));
            let operation = if by == "apply" { "Apply" } else { "Update" };
            json!({
                "manager": manager, "operation": operation, "subresource": "status", "fieldsType": "FieldsV1",
                "apiVersion": "saewatch.dev/v1alpha1", "fieldsV1": {"f:status": fields::write(fields)},
            })
        };
        self.0.iter().map(entry).collect()
    }

    fn others<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = &'a Fields> {
        self.0.iter().filter(move |(name, _)| *name != owner).map(|(_, fields)| fields)
    }

    fn take_from_others(&mut self, owner: &str, taken: &Fields) {
        for fields in self.0.iter_mut().filter(|(name, _)| *name != owner).map(|(_, fields)| fields) {
            fields.retain(|path| !taken.contains(path));
        }
    }

    /// Nobody owns what is not there.
    fn settle(&mut self, status: &Value) {
        for fields in self.0.values_mut() {
            fields.retain(|path| find(status, path).is_some());
        }
        self.0.retain(|_, fields| !fields.is_empty());
    }
}

/// Whether a field of `after` is another one than before. An entry is the same whatever it holds.
fn is_changed(before: &Value, after: &Value, path: &[Step]) -> bool {
    match (path.last(), find(before, path)) {
        (_, None) => true,
        (Some(Step::Entry(_)), Some(_)) => false,
        (_, was) => was != find(after, path),
    }
}

/// `status` with what `wanted` says laid over it.
fn merge(status: &Value, wanted: &Value, path: &mut Path) -> Value {
    match (status, wanted, key_of(path)) {
        (Value::Object(here), Value::Object(there), _) => {
            let mut merged = here.clone();
            for (name, value) in there {
                path.push(Step::Field(name.clone()));
                let value = here.get(name).map_or_else(|| value.clone(), |old| merge(old, value, path));
                path.pop();
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(here), Value::Array(there), Some(by)) => Value::Array(interleave(here, there, by)),
        _ => wanted.clone(),
    }
}

/// The entries of both lists: those of `there` in their order, and between them those that only `here` has, where
/// they stood.
fn interleave(here: &[Value], there: &[Value], by: &str) -> Vec<Value> {
    let keys = |list: &[Value]| list.iter().map(|entry| key(entry, by)).collect::<Vec<_>>();
    let (here_keys, there_keys) = (keys(here), keys(there));
    let mut merged = Vec::new();
    let (mut h, mut t) = (0, 0);
    while h < here.len() || t < there.len() {
        let standing = here_keys.get(h);
        if standing.is_some_and(|key| !there_keys.contains(key)) {
            merged.push(here[h].clone());
            h += 1;
            continue;
        }
        let next_shared = there_keys[t..].iter().find(|key| here_keys.contains(key));
        if standing.is_some() && standing != next_shared {
            // It comes later in `there`, or has come already.
            h += 1;
            continue;
        }
        let old = here_keys.iter().position(|key| *key == there_keys[t]);
        h += usize::from(old == Some(h));
        let old = old.map_or(&Value::Null, |old| &here[old]);
        merged.push(merge(old, &there[t], &mut vec![Step::Entry(there_keys[t].clone())]));
        t += 1;
    }
    merged
}

/// `status` after a JSON merge patch (RFC 7396).
pub fn merge_patch(status: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = status.as_object().cloned().unwrap_or_else(Map::new);
    for (name, value) in patch {
        if value.is_null() {
            merged.remove(name);
        } else {
            let old = merged.get(name).unwrap_or(&Value::Null);
            let new = merge_patch(old, value);
            merged.insert(name.clone(), new);
        }
    }
    json!(merged)
}
