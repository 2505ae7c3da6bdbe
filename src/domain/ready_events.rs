//! The events about the watch itself: that Ready became False and why, and that polls work again (contract §5, §7).

use super::Reason;
use super::conditions::ConditionType::Ready;
use super::conditions::Truth;
use super::draft::Draft;
use super::memory::Unannounced;
use super::readiness::age;
use super::text::span;
use crate::api::Condition;

impl Draft<'_> {
    /// Emits what became of Ready. What an absent operator finds stale is reported only when an attempt of its own
    /// fails too (contract §5).
    pub(super) fn emit_ready(&mut self) {
        let before = self.conditions.stored(Ready);
        if self.conditions.is(Ready, Truth::True) {
            let was_announced = self.memory.unannounced.take() != Some(Unannounced::Fall);
            let is_news = was_announced && !self.is_missing_unannounced();
            if let Some(before) = before.filter(|before| is_news && is_false(before)) {
                let took = self.now().duration_since(before.last_transition_time.0);
                self.emit(Reason::PollRecovered, &format!("polls work again after {}", span(took)));
            }
        } else if let Some(after) = self.conditions.get(Ready).filter(|after| is_false(after)).cloned() {
            self.emit_failure(before, &after.reason, &after.message);
        }
        if !self.conditions.has_reason(Ready, Reason::AccountNotFound) {
            self.status.memory.account_missing_since = None;
        }
    }

    /// Whether the stored status says that the account is missing, and no event has.
    fn is_missing_unannounced(&self) -> bool {
        self.input.last.is_some_and(|last| last.memory.account_missing_since.is_some())
    }

    /// Emits why Ready became False. A throttle has no event and changes nothing: what is unannounced stays so,
    /// and stale data that turns from Throttled to DataStale and back is no news.
    fn emit_failure(&mut self, before: Option<&Condition>, reason: &str, message: &str) {
        let Some(reason) = Reason::ALL.into_iter().find(|one| one.as_str() == reason) else { return };
        if reason == Reason::Throttled {
            return;
        }
        if reason == Reason::AccountNotFound {
            return self.emit_missing_account(before, message);
        }
        let was_false = before.is_some_and(is_false);
        let had = |reason: Reason| before.is_some_and(|before| before.reason == reason.as_str());
        let is_same = had(reason) || (reason == Reason::DataStale && had(Reason::Throttled));
        let is_new = !(was_false && is_same);
        let has_tried = self.input.pace.last.is_some() || self.target.is_none() || self.refusal().is_some();
        if !has_tried {
            if is_new || self.is_unexplained(message) {
                let is_told = was_false && !self.is_missing_unannounced();
                let unannounced = if is_told { Unannounced::Age } else { Unannounced::Fall };
                self.memory.unannounced.get_or_insert(unannounced);
            }
        } else if is_new || (self.memory.unannounced.is_some() && self.is_explained_since(before, message)) {
            self.emit_unready(reason, message);
        }
    }

    /// Emits why Ready is False, and how old is what is shown all the same.
    pub(super) fn emit_unready(&mut self, reason: Reason, message: &str) {
        self.memory.unannounced = None;
        let shown = self.status.observed_at.map(|observed| self.now().duration_since(observed.0));
        let shown = shown.map_or(String::new(), |age| format!("; showing what was seen {} ago", span(age)));
        self.emit(reason, &format!("{message}{shown}"));
    }

    /// Whether an attempt has put another message in the place of the one that was not reported. An event for the stored
    /// message would leave no trace: after a crash it would be emitted again.
    fn is_explained_since(&self, before: Option<&Condition>, message: &str) -> bool {
        !self.is_unexplained(message) && before.is_none_or(|before| before.message != message)
    }

    /// Whether this is what a process says of old data before it has tried to get newer. If that process was gone before
    /// its first attempt, this was not reported yet. Where the message stands after an attempt, the pace has become so
    /// slow that the data is not too old any more.
    fn is_unexplained(&self, message: &str) -> bool {
        self.status.observed_at.is_some_and(|observed| message == age(observed.0))
    }
}

fn is_false(condition: &Condition) -> bool {
    condition.status == Truth::False.as_str()
}
