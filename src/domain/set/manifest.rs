//! What is applied for one watch of a set.

use serde_json::{Value, json};

use super::plan::Apply;
use crate::api::SaeAppWatchSetSpec;

/// The SaeAppWatch that a set with this name, uid and spec applies, in its namespace, with the checksum of it in the
/// annotation.
pub fn manifest(
    namespace: &str,
    set: &str,
    set_uid: &str,
    spec: &SaeAppWatchSetSpec,
    apply: &Apply,
) -> Value {
    let _ = (namespace, set, set_uid, spec, apply);
    json!({})
}
