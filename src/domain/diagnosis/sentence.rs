//! A diagnosis in one sentence.

use crate::api::{DiagnosedChange, DiagnosedEvent, Diagnosis};
use crate::domain::text::{NOTE_BYTES, clean, plural};

/// What a diagnosis says, the change order before the most frequent reason; `None` where it has neither.
pub(crate) fn sentence(diagnosis: &Diagnosis) -> Option<String> {
    let change = diagnosis.change.as_ref().map(of_change);
    let most = diagnosis.events.iter().rev().max_by_key(|event| event.count);
    change.or_else(|| most.map(of_event)).map(|text| clean(&text, NOTE_BYTES))
}

fn of_change(change: &DiagnosedChange) -> String {
    let DiagnosedChange { id, kind, status, created_at, message } = change;
    let kind = kind.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
    let created_at = created_at.as_deref().map(|at| format!(", created {at}")).unwrap_or_default();
    let status = status.as_deref().unwrap_or("in an unknown state");
    let message = message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("change order {kind}{id}{created_at}, is {status}{message}")
}

fn of_event(event: &DiagnosedEvent) -> String {
    let DiagnosedEvent { reason, object, message, cause, count, .. } = event;
    let said = cause.as_deref().or(message.as_deref()).map(|said| format!(": {said}")).unwrap_or_default();
    format!("{reason} on {object}, {}{said}", plural(*count, "event"))
}
