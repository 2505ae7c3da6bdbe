//! That Ready of an account or a set became False, or True again, as an event.

use sha2::{Digest as _, Sha256};

use super::conditions::{ConditionType, Truth, find};
use super::text::{NOTE_BYTES, clean, hex};
use super::{Event, Reason};
use crate::api::Condition;

/// The conditions of one object before and after a decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadyChange<'a> {
    /// `metadata.uid`.
    pub uid: &'a str,
    /// What the operator was doing.
    pub action: &'static str,
    /// As they are stored.
    pub before: &'a [Condition],
    /// As they are to be stored.
    pub after: &'a [Condition],
    /// Whether Ready was False when it was last True or False.
    pub was_false: bool,
}

impl ReadyChange<'_> {
    /// That Ready became False and why, or True again; `reason` is that of Ready now.
    pub(super) fn event(&self, reason: Reason) -> Option<Event> {
        let (before, after) = (ready(self.before), ready(self.after)?);
        let is_false = |ready: &Condition| ready.status == Truth::False.as_str();
        let was_false = before.is_some_and(is_false);
        let is_same = before.is_some_and(|before| before.reason == after.reason);
        let is_fall = is_false(after) && !(was_false && is_same);
        let is_true = |ready: &Condition| ready.status == Truth::True.as_str();
        let was_true = before.is_some_and(is_true);
        let is_return = (was_false || (self.was_false && !was_true)) && is_true(after);
        if is_fall || is_return { self.event_of(reason) } else { None }
    }

    /// What Ready says now, whatever it said before.
    pub(super) fn event_of(&self, reason: Reason) -> Option<Event> {
        let (before, after) = (ready(self.before), ready(self.after)?);
        Some(Event {
            name: self.event_name(reason, before),
            kind: reason.event()?,
            reason,
            action: self.action,
            note: clean(&after.message, NOTE_BYTES),
        })
    }

    /// A time in hex and a hash, both of what a process knows that comes after a kill between event and status, so that
    /// the same event has the same name (contract §7).
    fn event_name(&self, reason: Reason, before: Option<&Condition>) -> String {
        let since = before.map(|before| before.last_transition_time.0);
        let mut sum = Sha256::new();
        for part in [self.uid, reason.as_str(), before.map_or("", |before| &before.reason)] {
            sum.update(part);
            sum.update([0]);
        }
        let seconds = since.map_or(0, |since| since.as_second().max(0));
        format!("saewatch-{seconds:010x}-{}", hex(&sum.finalize()[..12]))
    }
}

/// The condition Ready of an object.
pub(super) fn ready(conditions: &[Condition]) -> Option<&Condition> {
    find(conditions, ConditionType::Ready)
}
