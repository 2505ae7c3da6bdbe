//! Whether the watch works: Ready, Reconciling and Stalled from how the polls go (contract §5, §6).

use jiff::{SignedDuration, Timestamp};

use super::conditions::{ConditionType, Truth};
use super::draft::{Data, Draft};
use super::freshness::{allowance, stale_after};
use super::memory::Untold;
use super::text::{MESSAGE_BYTES, clean, span};
use super::{Attempt, Failure, FailureClass, Reason, steps};
use crate::api::{Condition, Health, SaeAppWatchStatus, Time};

use ConditionType::{AppHealthy, Ready, Reconciling, Stalled};

const NO_REGION: &str = "the watch has no region: set spec.regionId, or start the operator with --region";

/// How the message begins where the spec cannot be read.
const UNREADABLE: &str = "the spec cannot be read: ";

/// The permanent errors after which there is nothing left whose health could be known.
const GONE: [Reason; 2] = [Reason::AppNotFound, Reason::GroupNotFound];

impl Draft<'_> {
    /// Judges the watch by its newest attempt.
    pub(super) fn judge_polls(&mut self) {
        let pace = self.input.pace;
        // A process that has not asked yet does not know the pace; what its predecessor knew is nearer to it.
        if pace.last.is_some() || pace.effective_interval.is_some() {
            self.status.effective_interval = pace.effective_interval.map(steps::text);
        }
        if let Some(problem) = self.input.unreadable {
            let message = clean(&format!("{UNREADABLE}{problem}"), MESSAGE_BYTES);
            return self.stall(Reason::InvalidSpec, &message);
        }
        if self.target.is_none() {
            return self.stall(Reason::InvalidSpec, NO_REGION);
        }
        let is_for_this_spec =
            pace.generation.is_some_and(|generation| generation >= self.input.meta.generation);
        let threshold = u32::try_from(self.input.spec.health.failure_threshold).unwrap_or(1);
        match self.last_failure() {
            Some((FailureClass::Permanent(reason), message)) if is_for_this_spec => {
                self.stall(reason, &message);
            }
            Some((FailureClass::Transient, message)) if is_for_this_spec && pace.failures >= threshold => {
                self.fail(&message);
            }
            Some((FailureClass::Throttled, message)) => self.wait_throttled(&message),
            Some((FailureClass::Permanent(_) | FailureClass::Transient, _)) | None => {
                self.wait("waiting for SAE's first answer");
            }
        }
    }

    /// How the newest attempt failed, in words fit for a status.
    pub(super) fn last_failure(&self) -> Option<(FailureClass, String)> {
        match &self.input.pace.last {
            Some(Attempt::Failed(Failure { class, message })) => {
                Some((*class, clean(message, MESSAGE_BYTES)))
            }
            Some(Attempt::Observed) | None => None,
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

    fn stall(&mut self, reason: Reason, message: &str) {
        self.is_outcome = true;
        self.set(Ready, Truth::False, reason, message);
        self.set(Stalled, Truth::True, reason, message);
        self.conditions.remove(Reconciling);
        self.begin_health();
        if GONE.contains(&reason) {
            self.status.streak = None;
            self.show_health(Health::Unknown, Reason::HealthUnknown, message);
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

    /// Throttled attempts blame nobody, and change nothing that another attempt found; only a watch that never had
    /// an answer says so after a while.
    fn wait_throttled(&mut self, message: &str) {
        let is_waiting = self.is_unanswered() || self.conditions.has_reason(Ready, Reason::Throttled);
        let has_waited_long = self.throttled_until().is_some_and(|deadline| self.now() > deadline);
        if self.data() == Data::None && is_waiting && has_waited_long {
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
        if self.is_unanswered() {
            self.set(Ready, Truth::Unknown, Reason::Progressing, message);
            self.set(Reconciling, Truth::True, Reason::Progressing, message);
            self.conditions.remove(Stalled);
        }
    }

    /// Whether nothing that Ready says is about this spec's question.
    fn is_unanswered(&self) -> bool {
        let shows_nothing = self.conditions.get(Ready).is_none() || self.conditions.is(Ready, Truth::Unknown);
        let could_not_be_asked = self
            .conditions
            .get(Stalled)
            .is_some_and(|stalled| stalled.message == NO_REGION || stalled.message.starts_with(UNREADABLE));
        shows_nothing
            || could_not_be_asked
            || match self.data() {
                Data::None => !self.conditions.speaks_for(Ready, self.input.meta.generation),
                Data::OldTarget => !self.failed_for_this_target(),
                Data::Current => false,
            }
    }

    /// Whether Ready, above data of another target, is False because of this one: then it speaks for a newer spec
    /// than AppHealthy, which stays with the data.
    fn failed_for_this_target(&self) -> bool {
        let generation = self.input.meta.generation;
        self.conditions.is(Ready, Truth::False)
            && self.conditions.speaks_for(Ready, generation)
            && self.conditions.stored_generation(AppHealthy) != Some(generation)
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
        let Some(stored) = self.status.observed_at.as_ref().map(|time| time.0) else { return };
        let own = self.memory.observed_at.filter(|_| self.data() == Data::Current);
        let observed = own.map_or(stored, |own| own.max(stored));
        let counts_from = self.memory.resumed_at.map_or(observed, |resumed| resumed.max(observed));
        let mut stale = stale_after(counts_from, self.allowance());
        if self.memory.observed_at.is_none() || self.input.unreadable.is_some() {
            // A process without an answer of its own knows neither the pace nor a resumption before its time,
            // which the stored moment counts in; and one that cannot read the spec does not know the interval.
            stale = self.status.stale_after.as_ref().map_or(stale, |stored| stored.0.max(stale));
        }
        self.status.observed_at = Some(Time(observed));
        self.status.stale_after = Some(Time(stale));
        if self.now() > stale {
            self.mark_stale(observed);
        }
    }

    fn mark_stale(&mut self, observed: Timestamp) {
        if GONE.into_iter().any(|gone| self.conditions.has_reason(Stalled, gone)) {
            return;
        }
        let message = age(observed);
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
        let (reason, message) = match self.last_failure() {
            Some((FailureClass::Throttled, why)) => (Reason::Throttled, format!("{message}: {why}")),
            Some((FailureClass::Transient | FailureClass::Permanent(_), why)) => {
                (Reason::DataStale, format!("{message}: {why}"))
            }
            None => (Reason::DataStale, message),
        };
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
        let before = self.conditions.stored(Ready);
        if self.conditions.is(Ready, Truth::True) {
            let is_news = self.memory.untold.take() != Some(Untold::Fall);
            if let Some(before) = before.filter(|before| is_news && is_false(before)) {
                let took = self.now().duration_since(before.last_transition_time.0);
                self.tell(Reason::PollRecovered, &format!("polls work again after {}", span(took)));
            }
        } else if let Some(after) = self.conditions.get(Ready).filter(|after| is_false(after)).cloned() {
            self.tell_failure(before, &after.reason, &after.message);
        }
    }

    /// Tells why Ready became False. A throttle has no event and settles nothing: neither does it use up what is
    /// untold, nor does stale data become news by turning from Throttled to DataStale and back.
    fn tell_failure(&mut self, before: Option<&Condition>, reason: &str, message: &str) {
        let Some(reason) = Reason::ALL.into_iter().find(|one| one.as_str() == reason) else { return };
        if reason == Reason::Throttled {
            return;
        }
        let was_false = before.is_some_and(is_false);
        let had = |reason: Reason| before.is_some_and(|before| before.reason == reason.as_str());
        let is_same = had(reason) || (reason == Reason::DataStale && had(Reason::Throttled));
        let is_new = !(was_false && is_same);
        let has_tried = self.input.pace.last.is_some() || self.target.is_none();
        if !has_tried {
            if is_new || self.is_unexplained(message) {
                let untold = if was_false { Untold::Age } else { Untold::Fall };
                self.memory.untold.get_or_insert(untold);
            }
        } else if is_new || (self.memory.untold.is_some() && !self.is_unexplained(message)) {
            self.memory.untold = None;
            let shown =
                self.status.observed_at.as_ref().map(|observed| self.now().duration_since(observed.0));
            let shown =
                shown.map_or(String::new(), |age| format!("; showing what was seen {} ago", span(age)));
            self.tell(reason, &format!("{message}{shown}"));
        }
    }

    /// Whether this is what a process says of old data before it has tried to get newer. If it was gone before its first
    /// attempt, nobody has told it yet; and where it stands after one, the pace has become so slow that the data is not
    /// too old any more.
    fn is_unexplained(&self, message: &str) -> bool {
        self.status.observed_at.as_ref().is_some_and(|observed| message == age(observed.0))
    }
}

fn is_false(condition: &Condition) -> bool {
    condition.status == Truth::False.as_str()
}

/// Since when, not for how long: an age would be another text at every look.
fn age(observed: Timestamp) -> String {
    format!("nothing was observed since {observed}")
}
