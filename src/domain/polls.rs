//! Whether the watch works: Ready, Reconciling and Stalled from how the polls go (contract §5, §6).

use jiff::{SignedDuration, Timestamp};

use super::conditions::{ConditionType, Truth};
use super::draft::{Data, Draft};
use super::freshness::{allowance, stale_after};
use super::text::span;
use super::{Attempt, Failure, FailureClass, Reason, steps};
use crate::api::{Health, SaeAppWatchStatus, Time};

use ConditionType::{AppHealthy, Ready, Reconciling, Stalled};

impl Draft<'_> {
    /// Judges the watch by its newest attempt.
    pub(super) fn judge_polls(&mut self) {
        self.status.effective_interval = self.input.pace.effective_interval.map(steps::text);
        if self.target.is_none() {
            let message = "the watch has no region: set spec.regionId, or start the operator with --region";
            return self.stall(Reason::InvalidSpec, message.into());
        }
        let pace = self.input.pace;
        let is_for_this_spec =
            pace.generation.is_some_and(|generation| generation >= self.input.meta.generation);
        let threshold = u32::try_from(self.input.spec.health.failure_threshold).unwrap_or(1);
        match &pace.last {
            Some(Attempt::Failed(Failure { class: FailureClass::Permanent(reason), message }))
                if is_for_this_spec =>
            {
                self.stall(*reason, message.clone());
            }
            Some(Attempt::Failed(Failure { class: FailureClass::Transient, message }))
                if is_for_this_spec && pace.failures >= threshold =>
            {
                self.fail(message);
            }
            Some(Attempt::Failed(Failure { class: FailureClass::Throttled, message })) => {
                self.wait_throttled(message)
            }
            Some(Attempt::Observed | Attempt::Failed(_)) | None => {
                self.wait("waiting for SAE's first answer")
            }
        }
    }

    /// Says that the watch works: a good answer has just been rendered.
    pub(super) fn be_ready(&mut self) {
        let pace = self.input.pace;
        self.is_outcome |= pace.last == Some(Attempt::Observed)
            && pace.generation.is_some_and(|generation| generation >= self.input.meta.generation);
        self.set(Ready, Truth::True, Reason::Observed, "SAE answers and what is shown is fresh");
        self.conditions.remove(Reconciling);
        self.conditions.remove(Stalled);
    }

    fn stall(&mut self, reason: Reason, message: String) {
        self.is_outcome = true;
        self.set(Ready, Truth::False, reason, message.clone());
        self.set(Stalled, Truth::True, reason, message.clone());
        self.conditions.remove(Reconciling);
        self.begin_health();
        if matches!(reason, Reason::AppNotFound | Reason::GroupNotFound) {
            self.status.streak = None;
            self.show_health(Health::Unknown, Reason::HealthUnknown, &message);
            self.set(AppHealthy, Truth::Unknown, Reason::HealthUnknown, message);
        }
    }

    fn fail(&mut self, message: &str) {
        self.is_outcome = true;
        self.begin_health();
        self.set(Ready, Truth::False, Reason::PollFailed, format!("polls keep failing: {message}"));
        self.retry(message);
    }

    fn retry(&mut self, message: &str) {
        self.conditions.remove(Stalled);
        self.set(Reconciling, Truth::True, Reason::RetryingAfterFailure, message);
    }

    /// Throttled attempts blame nobody; only a watch that never had an answer says so after a while.
    fn wait_throttled(&mut self, message: &str) {
        let has_waited_long = self.data() == Data::None
            && self.throttled_until().is_some_and(|deadline| self.now() > deadline)
            && !self.conditions.has_reason(Ready, Reason::PollFailed);
        if has_waited_long {
            self.begin_health();
            self.set(Ready, Truth::False, Reason::Throttled, message);
            self.retry(message);
        } else {
            self.wait(message);
        }
    }

    /// When a watch without any answer stops waiting patiently for one.
    fn throttled_until(&self) -> Option<Timestamp> {
        self.input.pace.waiting_since.map(|since| stale_after(since, self.allowance()))
    }

    /// No outcome: what stands stays, but for a watch that shows nothing of this spec yet.
    fn wait(&mut self, message: &str) {
        self.begin_health();
        let shows_nothing = self.conditions.get(Ready).is_none() || self.conditions.is(Ready, Truth::Unknown);
        if shows_nothing || self.data() == Data::OldTarget {
            self.set(Ready, Truth::Unknown, Reason::Progressing, message);
            self.set(Reconciling, Truth::True, Reason::Progressing, message);
            self.conditions.remove(Stalled);
        }
    }

    fn begin_health(&mut self) {
        if self.status.health.is_none() {
            self.status.health = Some(Health::Unknown);
        }
        if self.conditions.get(AppHealthy).is_none()
            || self.conditions.has_reason(AppHealthy, Reason::Suspended)
        {
            self.set(AppHealthy, Truth::Unknown, Reason::HealthUnknown, "nothing has been observed yet");
        }
    }

    fn allowance(&self) -> SignedDuration {
        let interval =
            self.input.pace.effective_interval.unwrap_or_else(|| self.input.spec.interval.signed());
        allowance(self.input.settings.heartbeat, interval)
    }

    /// Marks what is too old to be believed. A later answer that the status does not hold yet is written down
    /// instead: it was no news, but it was an answer.
    pub(super) fn judge_age(&mut self) {
        let Some(mut observed) = self.status.observed_at.as_ref().map(|time| time.0) else { return };
        let limit = |observed, draft: &Self| {
            stale_after(
                draft.memory.resumed_at.map_or(observed, |resumed| resumed.max(observed)),
                draft.allowance(),
            )
        };
        if self.data() == Data::Current && self.memory.observed_at.is_some_and(|newer| newer > observed) {
            observed = self.memory.observed_at.unwrap_or(observed);
        }
        self.status.observed_at = Some(Time(observed));
        let stale = limit(observed, self);
        self.status.stale_after = Some(Time(stale));
        if self.now() > stale {
            self.mark_stale(observed);
        }
    }

    fn mark_stale(&mut self, observed: Timestamp) {
        // Since when, not for how long: an age would be another text at every look.
        let message = format!("nothing was observed since {observed}");
        self.status.streak = None;
        self.show_health(Health::Unknown, Reason::DataStale, &message);
        self.set(AppHealthy, Truth::Unknown, Reason::DataStale, message.clone());
        let is_known_why = self.input.pace.last.is_none()
            && [Reason::DataStale, Reason::Throttled]
                .iter()
                .any(|why| self.conditions.has_reason(Ready, *why));
        // An operator that just started does not know better than what stands there.
        if self.conditions.is(Stalled, Truth::True) || is_known_why {
            return;
        }
        let (reason, why) = match &self.input.pace.last {
            Some(Attempt::Failed(Failure { class: FailureClass::Throttled, message: why })) => {
                (Reason::Throttled, Some(why))
            }
            Some(Attempt::Failed(Failure { message: why, .. })) => (Reason::DataStale, Some(why)),
            Some(Attempt::Observed) | None => (Reason::DataStale, None),
        };
        let message = why.map_or_else(|| message.clone(), |why| format!("{message}: {why}"));
        self.set(Ready, Truth::False, reason, message.clone());
        self.retry(&message);
    }

    /// The moments at which this decision would come out otherwise although nothing happens. `status` is what
    /// will be stored.
    pub(super) fn moments(&self, status: &SaeAppWatchStatus) -> [Option<Timestamp>; 2] {
        let stale = status.stale_after.as_ref().map(|time| time.0);
        let throttled = self.throttled_until().filter(|_| status.observed_at.is_none());
        [stale, throttled].map(|moment| moment.filter(|moment| *moment >= self.now()))
    }

    /// Tells what became of Ready. What an absent operator finds stale is told only when an attempt of its own
    /// fails too (contract §5).
    pub(super) fn tell_ready(&mut self) {
        let before = super::conditions::Conditions::of(self.input.last.map_or(&[], |last| &last.conditions));
        let Some(after) = self.conditions.get(Ready).cloned() else { return };
        if after.status == Truth::True.as_str() {
            if before.is(Ready, Truth::False) && !self.memory.untold {
                let since =
                    before.get(Ready).map(|ready| self.now().duration_since(ready.last_transition_time.0));
                self.tell(
                    Reason::PollRecovered,
                    &format!("polls work again after {}", span(since.unwrap_or_default())),
                );
            }
            self.memory.untold = false;
            return;
        }
        if after.status != Truth::False.as_str() {
            return;
        }
        let is_new =
            !before.is(Ready, Truth::False) || before.get(Ready).is_some_and(|r| r.reason != after.reason);
        let has_tried = self.input.pace.last.is_some() || self.target.is_none();
        match (is_new, has_tried) {
            (true, false) => self.memory.untold = true,
            (true, true) => self.tell_failure(&after.reason, &after.message),
            (false, true) if self.memory.untold => self.tell_failure(&after.reason, &after.message),
            (false, true | false) => {}
        }
    }

    fn tell_failure(&mut self, reason: &str, message: &str) {
        self.memory.untold = false;
        let Some(reason) = Reason::ALL.into_iter().find(|one| one.as_str() == reason) else { return };
        let shown = match &self.status.observed_at {
            Some(observed) => {
                format!("; showing what was seen {} ago", span(self.now().duration_since(observed.0)))
            }
            None => String::new(),
        };
        self.tell(reason, &format!("{message}{shown}"));
    }
}
