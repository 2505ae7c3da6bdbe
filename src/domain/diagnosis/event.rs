//! The event that SAE has said why an application is unwell.

use super::{Mark, sentence};
use crate::api::{Diagnosis, SaeAppWatchStatus};
use crate::domain::{Event, Meta, Reason};

/// The event of a diagnosis of what a status shows: one for each verdict, for the first that says something. `stored` is
/// the diagnosis before it; one of a time to come can only be damage, and stands for no event.
pub(crate) fn event(
    meta: &Meta<'_>,
    status: &SaeAppWatchStatus,
    stored: Option<&Mark>,
    diagnosis: &Diagnosis,
) -> Option<Event> {
    let verdict = status.memory.verdict.as_ref()?;
    let of_verdict = verdict.since.0..=diagnosis.since.0;
    if stored.is_some_and(|stored| of_verdict.contains(&stored.since) && !stored.is_silent) {
        return None;
    }
    let said = sentence(diagnosis)?;
    let app = status.app.as_deref().map_or_else(|| "the application".into(), |app| format!("app {app}"));
    let region = status.region.as_ref().map(|region| format!(" ({region})")).unwrap_or_default();
    Event::new(meta, Some(status), Reason::DiagnosisReady, &format!("{app}{region}: {said}"))
}
