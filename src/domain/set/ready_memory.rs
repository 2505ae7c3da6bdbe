//! What a process remembers of the condition Ready of a set that its status does not store.

use jiff::{SignedDuration, Timestamp};

use super::state::SetState;
use crate::api::{Condition, SaeAppWatchSetStatus};
use crate::domain::Reason;
use crate::domain::conditions::Truth;
use crate::domain::ready_change::ready;
use crate::domain::refusal::MISSING_FOR;

/// How long an API server keeps an event, if it is not set otherwise. An event that is emitted again in that time is
/// refused for its name, so that there is one.
const EVENT_KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What a process remembers from decision to decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyMemory {
    /// Since when the set is progressing, if it is.
    pending_since: Option<Timestamp>,
    /// Whether Ready was False when it was last True or False, and there may be an event that says so.
    was_false: bool,
    missing: Missing,
}

/// Whether the account of the set is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    No,
    /// Since this moment, and no event has said so.
    Since(Timestamp),
    /// An event has said so.
    Emitted,
}

impl ReadyMemory {
    /// Of a set that the process knows since this moment.
    pub fn new(known_since: Timestamp) -> Self {
        Self { pending_since: Some(known_since), was_false: false, missing: Missing::No }
    }

    /// The same in this state of the set.
    pub(super) fn next(self, state: &SetState, last: &SaeAppWatchSetStatus, now: Timestamp) -> Self {
        let last = ready(&last.conditions);
        let is = |truth: Truth| last.is_some_and(|ready| ready.status == truth.as_str());
        let is_pending = matches!(state, SetState::Progressing(_));
        Self {
            pending_since: is_pending.then(|| self.pending_since.unwrap_or(now)),
            was_false: (self.was_false && !is(Truth::True))
                || (is(Truth::False) && !self.is_unannounced(last)),
            missing: match (state, self.missing) {
                (SetState::AccountMissing(_), Missing::No) => Missing::after(last, now),
                // After a clock was put back it would be waited for ever.
                (SetState::AccountMissing(_), Missing::Since(since)) => Missing::Since(since.min(now)),
                (SetState::AccountMissing(_), Missing::Emitted) => Missing::Emitted,
                _ => Missing::No,
            },
        }
    }

    /// How long the set is progressing; `None` while it is not.
    pub(super) fn pending_for(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(now.duration_since(self.pending_since?))
    }

    /// In how long the missing account is an event; `None` where it is none.
    pub(super) fn missing_in(&self, now: Timestamp) -> Option<SignedDuration> {
        let Missing::Since(since) = self.missing else { return None };
        Some(MISSING_FOR - now.duration_since(since))
    }

    /// The same once the event is emitted.
    pub(super) fn announced(self) -> Self {
        Self { missing: Missing::Emitted, was_false: true, ..self }
    }

    pub(super) fn was_false(&self) -> bool {
        self.was_false
    }

    /// Whether Ready says that the account is missing, and no event has.
    pub(super) fn is_unannounced(&self, last: Option<&Condition>) -> bool {
        matches!(self.missing, Missing::Since(_)) && last.is_some_and(is_missing)
    }
}

impl Missing {
    /// What it is for a process that meets it: the one before may have stored it.
    fn after(last: Option<&Condition>, now: Timestamp) -> Self {
        let since =
            last.filter(|last| is_missing(last)).map_or(now, |last| last.last_transition_time.0.min(now));
        if now.duration_since(since) > EVENT_KEPT { Self::Emitted } else { Self::Since(since) }
    }
}

fn is_missing(ready: &Condition) -> bool {
    ready.reason == Reason::AccountNotFound.as_str()
}
