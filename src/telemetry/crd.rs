//! Whether the cluster's CustomResourceDefinition fits this program: seen without any right to read it.
//!
//! Without the CRD the API server answers 404. With one that is older it takes every write, and drops the fields that
//! it does not know without a word; what it stored is in its answer.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use serde_json::Value;

use super::catalogue::{CRD_MISSING, CRD_OUTDATED};
use crate::api::{GROUP, VERSION};

/// What is known of the CRD. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Crd(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    missing: bool,
    /// Fields of the status that were sent and not stored, and since then never stored.
    dropped: BTreeSet<String>,
}

impl Crd {
    /// Notes that the API server does not know the resource.
    pub fn miss(&self) {
        let was_missing = std::mem::replace(&mut self.state().missing, true);
        if !was_missing {
            tracing::error!("{}; looking again", missing());
        }
    }

    /// Notes that the API server knows the resource.
    pub fn find(&self) {
        let was_missing = std::mem::replace(&mut self.state().missing, false);
        if was_missing {
            tracing::info!("the CustomResourceDefinition is installed now");
        }
    }

    /// Compares the status that the API server stored with what was sent for it. What somebody else added is no
    /// business of ours; a field of ours that is nowhere in the answer was dropped.
    pub fn compare<'a>(&self, sent: impl IntoIterator<Item = &'a Value>, stored: &Value) {
        let (sent, stored) = (fields(sent), fields([stored]));
        let mut state = self.state();
        let before = state.dropped.len();
        let mut is_news = false;
        for field in sent.difference(&stored).filter(|field| stored.contains(parent(field))) {
            is_news |= state.dropped.insert(field.clone());
        }
        state.dropped.retain(|field| !stored.contains(field));
        if is_news {
            tracing::error!("{}", outdated(&state.dropped));
        } else if before > 0 && state.dropped.is_empty() {
            tracing::info!("the API server stores every field of the status again");
        }
    }

    /// What is wrong with the CRD, and what to do, in a sentence; `None` if nothing is.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        if state.missing {
            return Some(missing());
        }
        (!state.dropped.is_empty()).then(|| outdated(&state.dropped))
    }

    /// Every change is complete before anything else can happen, so a panic elsewhere spoils nothing.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Crd {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (missing, outdated) = {
            let state = self.state();
            (state.missing, !state.dropped.is_empty())
        };
        CRD_MISSING.gauge(&mut encoder, u32::from(missing))?;
        CRD_OUTDATED.gauge(&mut encoder, u32::from(outdated))
    }
}

fn missing() -> String {
    format!(
        "the API server does not know saeappwatches of {GROUP}/{VERSION}: install the CustomResourceDefinition \
         that `saewatch crd` prints"
    )
}

fn outdated(dropped: &BTreeSet<String>) -> String {
    let fields: Vec<&str> = dropped.iter().map(String::as_str).collect();
    format!(
        "the CustomResourceDefinition is older than saewatch {}, so that the API server drops {}: install the one \
         that `saewatch crd` prints",
        env!("CARGO_PKG_VERSION"),
        fields.join(", ")
    )
}

/// Every field in a status, such as `status.groups[].image`. Our lists hold objects of one kind, so a field that one
/// item of a list has is known to the schema for all of them.
fn fields<'a>(parts_of_status: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for part in parts_of_status {
        collect(part, "status".to_owned(), &mut fields);
    }
    fields
}

fn collect(value: &Value, path: String, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                collect(value, format!("{path}.{name}"), fields);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, format!("{path}[]"), fields);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    fields.insert(path);
}

/// What a field is in: where that was dropped too, the field needs no mention.
fn parent(field: &str) -> &str {
    let name = field.strip_suffix("[]").unwrap_or(field);
    if name.len() < field.len() { name } else { name.rsplit_once('.').map_or("", |(parent, _)| parent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status() -> Value {
        json!({
            "health": "Healthy",
            "told": {"imagePull": {"present": true}},
            "groups": [{"id": "a", "total": 1}, {"id": "b", "total": 1, "image": "shop:1"}],
        })
    }

    fn without(mut status: Value, pointer: &str, field: &str) -> Value {
        status.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field);
        status
    }

    #[test]
    fn a_status_that_came_back_whole_is_no_trouble() {
        let crd = Crd::default();
        let mut stored = status();
        stored["somebodyElses"] = json!(true);
        crd.compare([&status()], &stored);
        assert_eq!(crd.trouble(), None);
    }

    #[test]
    fn each_dropped_field_is_named_by_its_outermost_part() {
        let crd = Crd::default();
        let stored = without(without(status(), "/groups/1", "image"), "", "told");
        crd.compare([&status()], &stored);
        let trouble = crd.trouble().unwrap();
        assert!(trouble.contains("drops status.groups[].image, status.told:"), "{trouble}");
    }

    #[test]
    fn a_status_that_has_no_use_for_the_field_proves_nothing_and_one_that_keeps_it_does() {
        let crd = Crd::default();
        let other = without(status(), "", "told");
        crd.compare([&status()], &other);
        crd.compare([&other], &other);
        assert!(crd.trouble().is_some());
        crd.compare([&status()], &status());
        assert_eq!(crd.trouble(), None);
    }

    #[test]
    fn a_missing_crd_is_named_until_it_is_found() {
        let crd = Crd::default();
        crd.miss();
        assert!(crd.trouble().unwrap().contains("saeappwatches of saewatch.dev/v1alpha1"));
        crd.find();
        assert_eq!(crd.trouble(), None);
    }
}
