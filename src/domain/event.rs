//! What just happened, for people: one event for each transition, aggregated over instances (contract §7).

use super::event_name::{name, step};
use super::text::{NOTE_BYTES, clean};
use super::{EventType, Meta, Reason};
use crate::api::SaeAppWatchStatus;

/// An event to emit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name: the same for the same transition, so that it is created once, and in the order of time, in which
    /// `kubectl describe` lists events.
    pub name: String,
    /// Normal or Warning.
    pub kind: EventType,
    /// Its reason.
    pub reason: Reason,
    /// What the operator was doing.
    pub action: &'static str,
    /// What happened and where to look, at most 1 kB.
    pub note: String,
}

impl Event {
    /// Words an event of a watch that starts from the stored status `from`; `None` for a reason that has no event.
    pub fn new(
        meta: &Meta<'_>,
        from: Option<&SaeAppWatchStatus>,
        reason: Reason,
        note: &str,
    ) -> Option<Self> {
        let (kind, (step, subject)) = (reason.event()?, step(reason)?);
        Some(Self {
            name: name(meta, from, reason, (step, subject)),
            kind,
            reason,
            action: subject.action(),
            note: clean(note, NOTE_BYTES),
        })
    }
}
