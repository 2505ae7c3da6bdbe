//! What follows from an answer.

use tokio::time::Instant;

use super::job::{Job, PollError, Turn, Withdrawn};
use super::lanes::Lane;
use super::stats::Outcome;
use super::{Account, tell, tell_one};
use crate::domain::{Attempt, Failure, FailureClass};
use crate::poll::gate::backoff;
use crate::poll::gate::credentials::Lockout;
use crate::sae::{AskError, Class, Error, Operation, Walked};

impl Account {
    /// Takes in how one call ended: for the budget, the throttle, the credentials and the counters.
    pub(crate) fn answered(
        &mut self,
        turn: Turn,
        operation: Operation,
        error: Option<&Error>,
        sent: Instant,
        now: Instant,
    ) {
        let reached = error.is_none_or(|error| error.status.is_some());
        self.budget.returned(reached);
        let outcome = outcome(error);
        self.figures.called(operation, outcome, now.saturating_duration_since(sent));
        if !self.is_planned(turn, operation) {
            self.aside.add(now);
        }
        match outcome {
            Outcome::Answered => {
                self.throttle.answered(sent);
                self.throttled.take_if(|_| !self.throttle.is_closed());
                self.accepted(sent, now);
            }
            Outcome::Throttled => {
                let lot = self.lot(turn);
                let begins = !self.throttle.is_closed();
                self.throttle.throttled(sent, now, error.and_then(|error| error.class.hint()), lot);
                self.lockout.unknown(now);
                if let Some(error) = error {
                    self.note_throttle(error.failure(), begins, now);
                }
            }
            Outcome::Failed => {
                self.throttle.failed(sent);
                self.lockout.unknown(now + backoff::FIRST);
            }
            Outcome::Refused => {
                self.throttle.failed(sent);
                match error.map(Error::failure).filter(Lockout::concerns) {
                    Some(failure) => self.reject(&failure, sent, now),
                    None => self.accepted(sent, now),
                }
            }
        }
    }

    /// Takes in how an attempt at a target ended.
    pub(crate) fn end_poll(&mut self, turn: Turn, result: Result<Walked, PollError>, now: Instant) {
        let Job::Poll(key) = turn.job else { return };
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        let Some(started) = tracked.attempt.take() else { return };
        tracked.level = self.level;
        match result {
            _ if started.withdrawn => {}
            Err(AskError::Closed(Withdrawn)) => {}
            Ok(answer) => {
                tracked.observed(&started, answer, wall, now);
                tell(&self.news, tracked);
            }
            Err(AskError::Failed(error)) => {
                let failure = error.failure();
                if failure.class == FailureClass::Transient {
                    tracing::debug!(app = %tracked.target.app, failure = failure.message, "a poll failed");
                }
                tracked.failed(&started, failure, error.class.hint(), now);
                tell(&self.news, tracked);
            }
        }
        if tracked.watchers.is_empty() {
            self.abandon(key, now);
        } else {
            self.reckon(key, now);
        }
    }

    /// The credentials of a call that was sent at `sent` were rejected: nobody else needs to find that out.
    fn reject(&mut self, failure: &Failure, sent: Instant, now: Instant) {
        let interval = self.tracked.values().map(|tracked| tracked.interval()).min().unwrap_or_default();
        let probe_at = now + backoff::after_permanent(interval);
        if !self.lockout.rejected(failure, sent, now, probe_at) {
            return;
        }
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            self.turn_away(key, failure, now);
        }
    }

    /// Takes a failure of the account for a target's own, unless it has it already and asks nothing new.
    pub(super) fn turn_away(&mut self, key: u64, failure: &Failure, now: Instant) {
        self.withdraw(key);
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        let has_it = tracked.last.as_ref().is_some_and(|last| last.how == Attempt::Failed(failure.clone()));
        if has_it && !tracked.is_asked_for() {
            return;
        }
        let started = tracked.begin(0, now, wall);
        tracked.failed(&started, failure.clone(), None, now);
        tell(&self.news, tracked);
        self.reckon(key, now);
    }

    /// SAE accepted the credentials: whoever was turned away for them is asked again.
    fn accepted(&mut self, sent: Instant, now: Instant) {
        if !self.lockout.accepted(sent) {
            return;
        }
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            let Some(tracked) = self.tracked.get_mut(&key) else { continue };
            let Some(Attempt::Failed(failure)) = tracked.last.as_ref().map(|last| &last.how) else {
                continue;
            };
            if Lockout::concerns(failure) {
                tracked.retry_at = Some(now);
                self.reckon(key, now);
            }
        }
    }

    /// The credentials may have changed: every error that stays until somebody acts is looked at again, rejected
    /// credentials by one probe.
    pub(crate) fn credentials_changed(&mut self, now: Instant) {
        self.lockout.changed(now);
        for key in self.tracked.keys().copied().collect::<Vec<_>>() {
            let Some(tracked) = self.tracked.get_mut(&key) else { continue };
            if tracked.is_stalled() {
                tracked.retry_at = Some(now);
                self.time(key);
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
                first.for_each(|(id, _)| tell_one(&self.news, id));
            }
        }
    }

    /// Whether a call is one that the level reckons with, or happens but once for each target and start.
    fn is_planned(&self, turn: Turn, operation: Operation) -> bool {
        match (operation, turn.job) {
            (Operation::Applications, _) | (_, Job::Sweep(_)) => true,
            (Operation::Instances, Job::Poll(_)) => matches!(turn.lane, Lane::Changed | Lane::Periodic),
            (Operation::Groups | Operation::Status, Job::Poll(key)) => {
                let knows_groups = self.tracked.get(&key).is_some_and(|one| one.knowledge.groups.is_some());
                turn.lane == Lane::Changed || !knows_groups
            }
        }
    }

    fn lot(&self, turn: Turn) -> f64 {
        match turn.job {
            Job::Poll(key) => {
                let seed = self.tracked.get(&key).map(|tracked| tracked.seed);
                seed.map_or(1.0, |seed| {
                    seed.draw(u32::try_from(turn.number & u64::from(u32::MAX)).unwrap_or(0))
                })
            }
            Job::Sweep(_) => 1.0,
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
