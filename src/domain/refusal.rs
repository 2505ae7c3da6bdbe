//! What a watch shows while SAE may not be asked for it (contract §11.3).

use jiff::{SignedDuration, Timestamp};

use super::conditions::ConditionType::Ready;
use super::draft::Draft;
use super::watch_state::WatchState;
use super::{Admission, Reason, Refusal};
use crate::api::{AccountName, Condition, SaeAppWatchStatus, Time};

/// How long an account must be missing before that is worth an event: it may be applied a moment after its watches.
pub(super) const MISSING_FOR: SignedDuration = SignedDuration::from_mins(1);

/// The refusals that need no word from STS: over at once when they do not hold any more.
pub(super) const KNOWN_BEFORE_STS: [Reason; 3] =
    [Reason::AccountRequired, Reason::AccountNotFound, Reason::AccountNotAllowed];

/// The refusals after which only a verified account is another word. The other reasons of accounts are those of SAE's
/// own errors too.
const KNOWN_BY_STS: [Reason; 2] = [Reason::AccountMismatch, Reason::AccountConflict];

impl Refusal {
    /// The state that it puts a watch into.
    pub(super) fn state(&self) -> WatchState {
        let Self { reason, message } = self;
        match reason {
            Reason::AccountNotFound => WatchState::AccountMissing(message.clone()),
            reason => WatchState::Stalled(*reason, message.clone()),
        }
    }
}

impl<'a> Draft<'a> {
    /// Why SAE may not be asked, if that is so.
    pub(super) fn refusal(&self) -> Option<&'a Refusal> {
        match &self.input.access.admission {
            Admission::Refused(refusal) => Some(refusal),
            Admission::Granted | Admission::Suspended | Admission::Unverified => None,
        }
    }

    /// The account that the spec names.
    pub(super) fn account(&self) -> Option<&'a AccountName> {
        self.input.spec.account_ref.as_ref().map(|account| &account.name)
    }

    /// Whether Ready still tells of a refusal that does not hold any more. Another process does not know whether a
    /// reason was an account's where SAE's errors have the same one: that stays until the next answer.
    pub(super) fn was_refused(&self) -> bool {
        let is_granted = self.input.access.admission == Admission::Granted;
        let says = |reason: &Reason| self.conditions.has_reason(Ready, *reason);
        self.input.memory.refused
            || KNOWN_BEFORE_STS.iter().any(says)
            || (is_granted && KNOWN_BY_STS.iter().any(says))
    }

    /// Emits that the account is missing, once it has been for a while.
    pub(super) fn emit_missing_account(&mut self, before: Option<&Condition>, message: &str) {
        let missing_since = &mut self.status.memory.account_missing_since;
        if before.is_none_or(|before| before.reason != Reason::AccountNotFound.as_str()) {
            *missing_since = Some(Time(self.input.now));
        }
        // After a change by hand, or a clock put back, it would be waited for ever.
        *missing_since = missing_since.map(|since| since.min(Time(self.input.now)));
        if missing_until(&self.status).is_some_and(|until| self.now() > until) {
            self.status.memory.account_missing_since = None;
            self.emit_unready(Reason::AccountNotFound, message);
        }
    }
}

/// Until when a missing account is not worth an event; `None` where none is missing, or the event was emitted.
pub(super) fn missing_until(status: &SaeAppWatchStatus) -> Option<Timestamp> {
    status.memory.account_missing_since?.0.checked_add(MISSING_FOR).ok()
}
