//! Whether a watch still says what its set names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::membership::{Membership, Texts};
use crate::api::{RegionId, SaeAppWatchSetSpec};

/// Whether each field that the set names is stored with the set's value: what a person changed by hand comes back, and
/// what the set does not name stays theirs. `settings` is the spec of the template.
pub(super) fn is_as_named(
    watch: &Membership,
    spec: &SaeAppWatchSetSpec,
    settings: &Value,
    region: &RegionId,
) -> bool {
    let metadata = &spec.template.metadata;
    let account = spec.account_ref.as_ref().map(|account| &account.name);
    watch.region.as_ref() == Some(region)
        && (account.is_none() || account == watch.account.as_ref())
        && has_texts(&metadata.labels, &watch.labels)
        && has_texts(&metadata.annotations, &watch.annotations)
        && holds(&json!(watch.settings), settings)
}

fn has_texts(named: &BTreeMap<String, String>, stored: &Texts) -> bool {
    named.iter().all(|(key, value)| stored.iter().any(|(k, v)| **k == **key && **v == **value))
}

/// Whether each field that is named is stored with the same value.
fn holds(stored: &Value, named: &Value) -> bool {
    match named {
        Value::Object(fields) => {
            fields.iter().all(|(name, value)| stored.get(name).is_some_and(|stored| holds(stored, value)))
        }
        value => value == stored,
    }
}
