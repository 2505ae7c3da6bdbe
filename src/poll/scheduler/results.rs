//! What follows from the response to a call, and from the end of a poll.

use std::time::Duration;

use tokio::time::Instant;

use super::job::{JobKey, JobRun, PollError, Withdrawn};
use super::lanes::Lane;
use super::stats::Outcome;
use super::{Scheduler, notify, notify_all};
use crate::domain::{Failure, FailureClass};
use crate::poll::gate::{CredentialGate, backoff};
use crate::poll::targets::{RegionKey, RunNumber, TargetKey};
use crate::sae::{AskError, Class, Error, Operation, Walked};

impl Scheduler {
    /// Takes in how one call ended: for the budget, the throttle, the credentials and the counters.
    pub(crate) fn answered(
        &mut self,
        run: JobRun,
        operation: Operation,
        error: Option<&Error>,
        sent: Instant,
        now: Instant,
    ) {
        let is_of_sae = |error: &Error| error.status.is_some() && error.operation == operation.name();
        self.gate.budget.returned(error.is_none_or(is_of_sae));
        let outcome = Outcome::new(error);
        self.counters.called(operation, outcome, now.saturating_duration_since(sent));
        if !self.is_planned(run, operation) {
            self.load.add_unplanned(now);
        }
        if error.is_some_and(|error| error.class == Class::Denied) {
            self.diagnosis_denied(operation, sent, now);
        }
        match (outcome, error) {
            (Outcome::Success, _) | (_, None) => {
                self.gate.throttle.answered(sent);
                self.accepted(run, sent, now);
            }
            (Outcome::Throttled, Some(error)) => {
                let jitter = self.jitter(run);
                self.throttled(error.failure(), error.class.hint(), jitter, sent, now);
            }
            (Outcome::Error, Some(_)) => {
                self.gate.throttle.failed(sent);
                self.gate.credentials.unknown(now + backoff::FIRST);
            }
            (Outcome::Rejected, Some(error)) => {
                self.gate.throttle.failed(sent);
                let failure = error.failure();
                if CredentialGate::concerns(&failure) {
                    self.rejected(&failure, sent, now);
                } else {
                    self.accepted(run, sent, now);
                }
            }
        }
    }

    /// Takes in how an attempt at a target ended.
    pub(crate) fn end_poll(&mut self, run: JobRun, result: Result<Walked, PollError>, now: Instant) {
        let JobKey::Poll(key) = run.key else { return };
        let wall = self.clock.now();
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        let Some(started) = tracked.attempt.take() else { return };
        tracked.slowdown = self.slowdown;
        match result {
            _ if started.withdrawn => {}
            Err(AskError::Closed(Withdrawn)) => {}
            Ok(answer) => {
                let found = tracked.observed(&started, answer, wall, now);
                notify_all(&self.news, tracked);
                self.learn_from(key, started.cause, found, now);
            }
            Err(AskError::Failed(error)) => {
                let failure = error.failure();
                if failure.class == FailureClass::Transient {
                    let app = tracked.target.as_ref().map(|target| target.app.as_str());
                    tracing::debug!(app, failure = failure.message, "a poll failed");
                }
                tracked.failed(&started, failure, error.class.hint(), now);
                self.doubt_names(key, now);
                self.notify_settled(key, now);
            }
        }
        self.update_or_drop(key, now);
        self.want_name(key, now);
    }

    /// SAE said that the account is over its quota: all calls pause.
    fn throttled(
        &mut self,
        failure: Failure,
        hint: Option<Duration>,
        jitter: f64,
        sent: Instant,
        now: Instant,
    ) {
        let begins = !self.gate.throttle.is_paused();
        self.gate.throttle.throttled(failure, sent, (now, self.clock.now()), hint, jitter);
        self.gate.credentials.unknown(now);
        if !begins {
            return;
        }
        tracing::warn!(
            account = self.account_name(),
            "SAE says that the account is over its quota; all its polls pause"
        );
        for tracked in self.targets.values().filter(|tracked| self.is_held_up(tracked, now)) {
            // Watches without a first answer have nothing else to show.
            let unanswered = tracked.watchers.iter().filter(|watcher| !watcher.answered);
            unanswered.for_each(|watcher| notify(&self.news, &watcher.id));
        }
    }

    /// The credentials of a call that was sent at `sent` were rejected: no other target needs a call to find that
    /// out.
    fn rejected(&mut self, failure: &Failure, sent: Instant, now: Instant) {
        let interval = self.targets.values().map(|tracked| tracked.interval()).min().unwrap_or_default();
        let probe_at = now + backoff::after_permanent(interval);
        if self.gate.credentials.rejected(failure, sent, now, probe_at) {
            self.precheck.notify_readers();
            for key in self.target_keys() {
                self.fail_without_call(key, failure, now);
            }
        }
    }

    /// Takes a failure of the account for a target's own, unless it has it already and asks nothing new.
    pub(super) fn fail_without_call(&mut self, key: TargetKey, failure: &Failure, now: Instant) {
        self.withdraw(key);
        let wall = self.clock.now();
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        if tracked.failure() == Some(failure) && !tracked.is_asked_for() {
            return;
        }
        let started = tracked.begin(RunNumber::default(), now, wall);
        tracked.failed(&started, failure.clone(), None, now);
        notify_all(&self.news, tracked);
        self.update(key, now);
    }

    /// SAE accepted the credentials: targets that failed for them are polled again.
    fn accepted(&mut self, run: JobRun, sent: Instant, now: Instant) {
        if let Some(region) = self.region_of(run) {
            self.precheck.answered(region);
        }
        if self.gate.credentials.accepted(sent) {
            self.retry_now(CredentialGate::concerns, now);
        }
    }

    /// The credentials may have changed: every error that stays until somebody acts is tried again, rejected
    /// credentials by one probe.
    pub(crate) fn credentials_changed(&mut self, now: Instant) {
        self.gate.credentials.changed(now);
        self.diagnoses.allow_all(now);
        self.retry_now(backoff::is_permanent, now);
    }

    /// Polls the targets again that have such a failure, and reads the lists again that ended in one.
    fn retry_now(&mut self, is_such: fn(&Failure) -> bool, now: Instant) {
        self.precheck.retry_lists(is_such, now);
        self.precheck.notify_readers();
        for key in self.precheck.read_regions() {
            self.schedule_sweep(key);
        }
        for key in self.target_keys() {
            let Some(tracked) = self.targets.get_mut(&key) else { continue };
            if tracked.failure().is_some_and(is_such) {
                tracked.retry_at = Some(now);
                self.update(key, now);
            }
        }
    }

    /// Whether a call is in the share of its target, or happens but once for each target and start.
    fn is_planned(&self, run: JobRun, operation: Operation) -> bool {
        match (operation, run.key) {
            (_, JobKey::Resolve(_) | JobKey::Names(_) | JobKey::Diagnosis(_)) => false,
            // A target that waits for it has no share yet, and one that does not has another poll.
            _ if run.lane == Lane::OfSet => false,
            (Operation::Applications | Operation::Availability, _) | (_, JobKey::Sweep(_)) => true,
            (Operation::Instances, JobKey::Poll(_) | JobKey::OfSet(_)) => {
                matches!(run.lane, Lane::Changed | Lane::Periodic)
            }
            (Operation::Groups | Operation::Status, JobKey::Poll(key) | JobKey::OfSet(key)) => {
                let knows_groups = self.targets.get(&key).is_some_and(|one| one.knowledge.groups.is_some());
                run.lane == Lane::Changed || !knows_groups
            }
            (Operation::ChangeOrders | Operation::ChangeOrder | Operation::Events, _) => false,
        }
    }

    fn region_of(&self, run: JobRun) -> Option<RegionKey> {
        match run.key {
            JobKey::Poll(key) | JobKey::OfSet(key) | JobKey::Diagnosis(key) => {
                self.precheck.key(self.targets.get(&key)?.target.as_ref()?)
            }
            JobKey::Sweep(key) | JobKey::Names(key) => Some(key),
            // Nothing may be polled there.
            JobKey::Resolve(_) => None,
        }
    }

    fn jitter(&self, run: JobRun) -> f64 {
        let (JobKey::Poll(key) | JobKey::Resolve(key)) = run.key else { return 1.0 };
        self.targets.get(&key).map_or(1.0, |tracked| tracked.seed.jitter(run.number.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::news;
    use crate::sae::Clock;

    #[test]
    fn an_answer_of_sts_is_none_of_sae_which_may_still_be_out_of_reach() {
        let start = Instant::now();
        let may_go_beside_another = |operation| {
            let mut scheduler = Scheduler::new(None, 30, Clock::system(), news().0, start);
            let error = Error { status: Some(503), ..Error::new(operation, Class::Transient(None), "m") };
            let run = JobRun { key: JobKey::Sweep(RegionKey(1)), lane: Lane::Precheck, number: RunNumber(1) };
            scheduler.gate.spend(start);
            scheduler.answered(run, Operation::Applications, Some(&error), start, start);
            scheduler.gate.spend(start);
            scheduler.gate.ready_at(start).is_some()
        };
        assert!(may_go_beside_another("ListApplications"));
        assert!(!may_go_beside_another("AssumeRoleWithOIDC"));
    }
}
