//! A change order and warnings in the words of a person.

use crate::api::{DiagnosedChange, DiagnosedEvent};
use crate::domain::text::plural;

/// Such as `Change order CoDeploy 7f2a (created 2026-11-30 14:03:11) failed: image pull timed out`.
pub(super) fn of_change(change: &DiagnosedChange) -> String {
    let DiagnosedChange { id, kind, status, created_at, message } = change;
    let kind = kind.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
    let created_at = created_at.as_deref().map(|at| format!(" (created {at})")).unwrap_or_default();
    let message = message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("Change order {kind}{id}{created_at} {}{message}", outcome(status.as_deref()))
}

/// What became of a change order.
fn outcome(status: Option<&str>) -> String {
    let known = match status {
        Some("Preparing") => "is being prepared",
        Some("Running") => "is running",
        Some("Succeeded") => "succeeded",
        Some("Failed") => "failed",
        Some("Aborted") => "was aborted",
        Some("WaitingForConfirmation") => "waits to be confirmed",
        Some("WaitingForBatch") => "waits for its next batch",
        Some("SystemFailure") => "failed within SAE",
        Some("AwaitingApproval") => "waits to be approved",
        Some("Approved") => "is approved",
        Some(other) => return format!("has the status {other}"),
        None => "has no status",
    };
    known.into()
}

/// Such as `FailedScheduling 12 times on Pod/shop-7d: 0/3 nodes are available`: so many warnings with the reason of this
/// one, on its object and on `others`.
pub(super) fn of_event(event: &DiagnosedEvent, count: i64, others: i64) -> String {
    let DiagnosedEvent { reason, object, message, cause, .. } = event;
    let reason = if reason.is_empty() { "A warning" } else { reason };
    let times = if count == 1 { String::new() } else { format!(" {count} times") };
    let others = if others > 0 { format!(" and {}", plural(others, "other")) } else { String::new() };
    let object = if object.is_empty() { String::new() } else { format!(" on {object}{others}") };
    let said: Vec<&str> = [message, cause].into_iter().flatten().map(String::as_str).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; cause: ")) };
    format!("{reason}{times}{object}{said}")
}
