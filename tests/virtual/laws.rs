//! What holds for every status that the operator writes, whatever a test is about.

use serde_json::Value;

#[path = "../support/illegal_conditions.rs"]
mod illegal_conditions;

/// The most that etcd takes as one object.
const MOST_BYTES: usize = 3 << 19;

/// The laws that a watch breaks just after the operator has written its status.
pub fn broken(watch: &Value) -> Vec<String> {
    let mut broken = illegal_conditions::illegal_conditions(watch);
    let bytes = watch.to_string().len();
    if bytes > MOST_BYTES {
        broken.push(format!("{bytes} bytes are more than etcd takes"));
    }
    let conditions = &watch["status"]["conditions"];
    broken.into_iter().map(|law| format!("{law}: {conditions}")).collect()
}
