//! What follows from an answer.

use tokio::time::Instant;

use super::job::{JobKey, JobRun, PollError, Withdrawn};
use super::lanes::Lane;
use super::stats::Outcome;
use super::{Scheduler, notify, notify_all};
use crate::domain::{Attempt, Failure, FailureClass};
use crate::poll::gate::backoff;
use crate::poll::gate::credentials::CredentialGate;
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
        let reached = error.is_none_or(|error| error.status.is_some());
        self.budget.returned(reached);
        let outcome = outcome(error);
        self.stats.called(operation, outcome, now.saturating_duration_since(sent));
        if !self.is_planned(run, operation) {
            self.unplanned.add(now);
        }
        match outcome {
            Outcome::Answered => {
                self.throttle.answered(sent);
                self.throttled.take_if(|_| !self.throttle.is_paused());
                self.accepted(sent, now);
            }
            Outcome::Throttled => {
                let jitter = self.jitter(run);
                let begins = !self.throttle.is_paused();
                self.throttle.throttled(sent, now, error.and_then(|error| error.class.hint()), jitter);
                self.credentials.unknown(now);
                if let Some(error) = error {
                    self.note_throttle(error.failure(), begins, now);
                }
            }
            Outcome::Failed => {
                self.throttle.failed(sent);
                self.credentials.unknown(now + backoff::FIRST);
            }
            Outcome::Refused => {
                self.throttle.failed(sent);
                match error.map(Error::failure).filter(CredentialGate::concerns) {
                    Some(failure) => self.reject(&failure, sent, now),
                    None => self.accepted(sent, now),
                }
            }
        }
    }

    /// Takes in how an attempt at a target ended.
    pub(crate) fn end_poll(&mut self, run: JobRun, result: Result<Walked, PollError>, now: Instant) {
        let JobKey::Poll(key) = run.key else { return };
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        let Some(started) = tracked.attempt.take() else { return };
        tracked.slowdown = self.slowdown;
        match result {
            _ if started.withdrawn => {}
            Err(AskError::Closed(Withdrawn)) => {}
            Ok(answer) => {
                tracked.observed(&started, answer, wall, now);
                notify_all(&self.news, tracked);
            }
            Err(AskError::Failed(error)) => {
                let failure = error.failure();
                if failure.class == FailureClass::Transient {
                    tracing::debug!(app = %tracked.target.app, failure = failure.message, "a poll failed");
                }
                tracked.failed(&started, failure, error.class.hint(), now);
                notify_all(&self.news, tracked);
            }
        }
        if tracked.watchers.is_empty() {
            self.drop_unwatched(key, now);
        } else {
            self.update(key, now);
        }
    }

    /// The credentials of a call that was sent at `sent` were rejected: nobody else needs to find that out.
    fn reject(&mut self, failure: &Failure, sent: Instant, now: Instant) {
        let interval = self.tracked.values().map(|tracked| tracked.interval()).min().unwrap_or_default();
        let probe_at = now + backoff::after_permanent(interval);
        if !self.credentials.rejected(failure, sent, now, probe_at) {
            return;
        }
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            self.fail_without_call(key, failure, now);
        }
    }

    /// Takes a failure of the account for a target's own, unless it has it already and asks nothing new.
    pub(super) fn fail_without_call(&mut self, key: u64, failure: &Failure, now: Instant) {
        self.withdraw(key);
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        let has_it = tracked.last.as_ref().is_some_and(|last| last.how == Attempt::Failed(failure.clone()));
        if has_it && !tracked.is_asked_for() {
            return;
        }
        let started = tracked.begin(0, now, wall);
        tracked.failed(&started, failure.clone(), None, now);
        notify_all(&self.news, tracked);
        self.update(key, now);
    }

    /// SAE accepted the credentials: whoever was turned away for them is asked again.
    fn accepted(&mut self, sent: Instant, now: Instant) {
        if !self.credentials.accepted(sent) {
            return;
        }
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            let Some(tracked) = self.tracked.get_mut(&key) else { continue };
            let Some(Attempt::Failed(failure)) = tracked.last.as_ref().map(|last| &last.how) else {
                continue;
            };
            if CredentialGate::concerns(failure) {
                tracked.retry_at = Some(now);
                self.update(key, now);
            }
        }
    }

    /// The credentials may have changed: every error that stays until somebody acts is looked at again, rejected
    /// credentials by one probe.
    pub(crate) fn credentials_changed(&mut self, now: Instant) {
        self.credentials.changed(now);
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            let Some(tracked) = self.tracked.get_mut(&key) else { continue };
            if tracked.is_stalled() {
                tracked.retry_at = Some(now);
                self.reschedule(key);
            }
        }
    }

    /// Keeps why everybody waits. Watches that wait for their first answer are told when that begins: they have
    /// nothing else to show.
    fn note_throttle(&mut self, failure: Failure, begins: bool, now: Instant) {
        let since = self.throttled.take().filter(|_| !begins).map(|(_, since)| since);
        self.throttled = Some((failure, since.unwrap_or_else(|| self.clock.now())));
        if begins {
            tracing::warn!("SAE says that the account is over its quota; all its polls pause");
            for tracked in self.tracked.values().filter(|tracked| self.is_held_up(tracked, now)) {
                let first = tracked.watchers.iter().filter(|(_, watcher)| !watcher.answered);
                first.for_each(|(id, _)| notify(&self.news, id));
            }
        }
    }

    /// Whether a call is one that the slowdown reckons with, or happens but once for each target and start.
    fn is_planned(&self, run: JobRun, operation: Operation) -> bool {
        match (operation, run.key) {
            (Operation::Applications, _) | (_, JobKey::Sweep(_)) => true,
            (Operation::Instances, JobKey::Poll(_)) => matches!(run.lane, Lane::Changed | Lane::Periodic),
            (Operation::Groups | Operation::Status, JobKey::Poll(key)) => {
                let knows_groups = self.tracked.get(&key).is_some_and(|one| one.knowledge.groups.is_some());
                run.lane == Lane::Changed || !knows_groups
            }
        }
    }

    fn jitter(&self, run: JobRun) -> f64 {
        match run.key {
            JobKey::Poll(key) => {
                let seed = self.tracked.get(&key).map(|tracked| tracked.seed);
                seed.map_or(1.0, |seed| {
                    seed.jitter(u32::try_from(run.number & u64::from(u32::MAX)).unwrap_or(0))
                })
            }
            JobKey::Sweep(_) => 1.0,
        }
    }
}

fn outcome(error: Option<&Error>) -> Outcome {
    match error.map(|error| error.class) {
        None => Outcome::Answered,
        Some(Class::Throttled(_)) => Outcome::Throttled,
        Some(Class::Transient(_) | Class::SignAnew | Class::Malformed) => Outcome::Failed,
        Some(
            Class::NotFound
            | Class::GroupNotFound
            | Class::Invalid
            | Class::CredentialsRejected
            | Class::CredentialsMissing
            | Class::Denied
            | Class::Blocked,
        ) => Outcome::Refused,
    }
}
