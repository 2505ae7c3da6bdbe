//! Whether the watch works: its state from how the polls go and how old the data is (contract §5, §6).

use jiff::{SignedDuration, Timestamp};

use super::conditions::ConditionType::{AppHealthy, Ready, Stalled};
use super::conditions::Truth;
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::freshness::{allowance, stale_after};
use super::refusal::missing_until;
use super::text::{MESSAGE_BYTES, clean};
use super::watch_state::WatchState;
use super::{Admission, Attempt, Failure, FailureClass, Reason, interval_steps};
use crate::api::{Health, SaeAppWatchStatus, Time};

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
            self.status.effective_interval = pace.effective_interval.map(interval_steps::text);
        }
        let state = self.state_by_polls();
        self.memory.refused = self.input.unreadable.is_none() && self.refusal().is_some();
        if let Some(state) = &state {
            self.enter(state);
        }
        self.begin_health();
        if let Some(WatchState::Stalled(reason, message)) = &state
            && GONE.contains(reason)
        {
            self.show_unknown(Reason::HealthUnknown, message);
        }
    }

    /// The state that the newest attempt puts the watch into; `None`: what stands stays.
    fn state_by_polls(&self) -> Option<WatchState> {
        if let Some(problem) = self.input.unreadable {
            let message = clean(&format!("{UNREADABLE}{problem}"), MESSAGE_BYTES);
            return Some(WatchState::Stalled(Reason::InvalidSpec, message));
        }
        if let Some(refusal) = self.refusal() {
            return Some(refusal.state());
        }
        if self.wanted.is_none() {
            return Some(WatchState::Stalled(Reason::RegionMissing, self.name_missing_region()));
        }
        let is_for_this_spec = self.was_polled_for_this_spec();
        let threshold = u32::try_from(self.input.spec.failure_threshold).unwrap_or(1);
        let message = match self.last_failure() {
            Some((FailureClass::Permanent(reason), message)) if is_for_this_spec => {
                return Some(WatchState::Stalled(reason, message));
            }
            Some((FailureClass::Transient, message))
                if is_for_this_spec && self.input.pace.failures >= threshold =>
            {
                return Some(WatchState::Failing(message));
            }
            Some((FailureClass::Throttled, message)) if self.is_throttled_for_long() => {
                return Some(WatchState::Throttled(message));
            }
            Some((FailureClass::Throttled, message)) => message,
            Some((FailureClass::Permanent(_) | FailureClass::Transient, _)) | None => {
                self.name_what_is_awaited()
            }
        };
        self.is_unanswered().then_some(WatchState::Waiting(message))
    }

    fn name_missing_region(&self) -> String {
        let of_account =
            self.account().map_or(String::new(), |name| format!("or regionId of the SaeAccount {name}, "));
        format!("the watch has no region: set spec.regionId, {of_account}or start the operator with --region")
    }

    fn name_what_is_awaited(&self) -> String {
        match self.account() {
            Some(name) if self.input.access.admission == Admission::Unverified => {
                format!("waiting until the SaeAccount {name} is verified")
            }
            Some(_) | None => "waiting for SAE's first answer".into(),
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

    /// Whether an attempt was started for this generation of the spec.
    pub(super) fn was_polled_for_this_spec(&self) -> bool {
        self.input.pace.generation.is_some_and(|generation| generation >= self.input.meta.generation)
    }

    /// A throttled attempt is no fault of this watch and changes nothing that another attempt found. Only a watch that
    /// never had an answer shows it, after a while.
    fn is_throttled_for_long(&self) -> bool {
        let is_waiting = self.is_unanswered() || self.conditions.has_reason(Ready, Reason::Throttled);
        let has_waited_long = self.throttled_until().is_some_and(|deadline| self.now() > deadline);
        self.data_origin() == DataOrigin::None && is_waiting && has_waited_long
    }

    /// When a watch without any answer stops waiting patiently for one.
    fn throttled_until(&self) -> Option<Timestamp> {
        self.input.pace.waiting_since.map(|since| stale_after(since, self.allowance()))
    }

    /// Whether nothing that Ready says is about this spec's question.
    fn is_unanswered(&self) -> bool {
        let shows_nothing = self.conditions.get(Ready).is_none() || self.conditions.is(Ready, Truth::Unknown);
        let could_not_be_asked = self.conditions.has_reason(Stalled, Reason::RegionMissing)
            || self.conditions.get(Stalled).is_some_and(|stalled| stalled.message.starts_with(UNREADABLE));
        shows_nothing
            || could_not_be_asked
            || self.was_refused()
            || match self.data_origin() {
                DataOrigin::None => !self.conditions.speaks_for(Ready, self.input.meta.generation),
                DataOrigin::OldTarget => !self.failed_for_this_target(),
                DataOrigin::Current => false,
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

    /// Says that nothing is known of the application, where nothing else is said.
    fn begin_health(&mut self) {
        self.status.health.get_or_insert(Health::Unknown);
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
        let Some(stored) = self.status.observed_at.map(|time| time.0) else { return };
        let own = self.memory.observed_at.filter(|_| self.data_origin() == DataOrigin::Current);
        let observed = own.map_or(stored, |own| own.max(stored));
        let counts_from = self.memory.resumed_at.map_or(observed, |resumed| resumed.max(observed));
        let mut stale = stale_after(counts_from, self.allowance());
        if self.memory.observed_at.is_none() || self.input.unreadable.is_some() {
            // A process without an answer of its own knows neither the pace nor a resumption before its time,
            // which the stored moment counts in; and one that cannot read the spec does not know the interval.
            stale = self.status.stale_after.map_or(stale, |stored| stored.0.max(stale));
        }
        self.status.observed_at = Some(Time(observed));
        self.status.stale_after = Some(Time(stale));
        let is_gone = GONE.into_iter().any(|gone| self.conditions.has_reason(Stalled, gone));
        if self.now() > stale && !is_gone {
            self.show_unknown(Reason::DataStale, &age(observed));
            if let Some(state) = self.state_by_age(observed) {
                self.enter(&state);
            }
        }
    }

    /// The state that stale data puts the watch into; `None`: what stands stays. An operator that just started does
    /// not know better than what stands there.
    fn state_by_age(&self, observed: Timestamp) -> Option<WatchState> {
        let is_known_why = self.input.pace.last.is_none()
            && [Reason::DataStale, Reason::Throttled]
                .iter()
                .any(|why| self.conditions.has_reason(Ready, *why));
        let keeps_its_name = self.conditions.is(Stalled, Truth::True)
            || self.conditions.has_reason(Ready, Reason::AccountNotFound);
        if keeps_its_name || is_known_why {
            return None;
        }
        let age = age(observed);
        Some(match self.last_failure() {
            Some((FailureClass::Throttled, why)) => {
                WatchState::Stale(Reason::Throttled, format!("{age}: {why}"))
            }
            Some((FailureClass::Transient | FailureClass::Permanent(_), why)) => {
                WatchState::Stale(Reason::DataStale, format!("{age}: {why}"))
            }
            None => WatchState::Stale(Reason::DataStale, age),
        })
    }

    /// The moments at which this decision would come out otherwise although nothing happens. `status` is what
    /// will be stored.
    pub(super) fn moments(&self, status: &SaeAppWatchStatus) -> [Option<Timestamp>; 3] {
        let stale = status.stale_after.map(|time| time.0);
        let throttled = self.throttled_until().filter(|_| status.observed_at.is_none());
        [stale, throttled, missing_until(status)].map(|moment| moment.filter(|moment| *moment >= self.now()))
    }
}

/// Since when, not for how long: an age would be another text at every reconcile.
pub(super) fn age(observed: Timestamp) -> String {
    format!("nothing was observed since {observed}")
}
