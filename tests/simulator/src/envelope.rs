//! The fields of SAE's answers around those of the operation: the same everywhere, but for two.

use serde_json::{Value, json};

use crate::operation::Operation;
use crate::sign::hex;

/// An answer with the operation's own fields.
pub(crate) fn good(operation: Operation, body: Value, request_id: &str) -> Value {
    let mut answer = json!({ "RequestId": request_id, "Message": "success", "Code": "200", "Success": true });
    if has_error_code(operation) {
        answer["ErrorCode"] = json!("");
    }
    if has_trace_id(operation) {
        answer["TraceId"] = json!(hex(&fastrand::u128(..).to_be_bytes()));
    }
    if let (Value::Object(answer), Value::Object(body)) = (&mut answer, body) {
        answer.extend(body);
    }
    answer
}

/// An answer that says that the call failed, although its HTTP status is 200.
pub(crate) fn failed(operation: Operation, code: &str, message: &str, request_id: &str) -> Value {
    let mut answer = json!({ "RequestId": request_id, "Message": message, "Code": "400", "Success": false });
    if has_error_code(operation) {
        answer["ErrorCode"] = json!(code);
    } else {
        // "An error code: If the call fails, an error code is returned."
        answer["Message"] = json!(code);
    }
    if has_trace_id(operation) {
        answer["TraceId"] = json!("");
    }
    answer
}

fn has_error_code(operation: Operation) -> bool {
    operation != Operation::GetAvailabilityMetric
}

fn has_trace_id(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::ListApplications | Operation::GetAvailabilityMetric | Operation::ListAppEvents
    )
}
