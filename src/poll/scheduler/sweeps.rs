//! The account's side of the pre-check.

use tokio::time::Instant;

use super::Scheduler;
use super::job::{JobKey, JobRun, PollError, Withdrawn};
use super::lanes::{Lane, Need};
use crate::domain::{FailureClass, Target};
use crate::poll::gate::credentials::CredentialGate;
use crate::poll::target::precheck::{Moved, Numbers, SweepEnd};
use crate::poll::target::tracked::Tracked;
use crate::sae::{ApplicationCounts, AskError};

impl Scheduler {
    pub(super) fn join_region(&mut self, target: &Target, key: u64, now: Instant) {
        self.number += 1;
        let region = self.precheck.join(target, key, self.number, now);
        self.schedule_sweep(region);
    }

    pub(super) fn leave_region(&mut self, target: &Target, key: u64) {
        if let Some(region) = self.precheck.leave(target, key) {
            self.schedule_sweep(region);
        }
    }

    /// Takes in one page of a list: whose numbers moved is polled at once.
    pub(crate) fn listed(&mut self, run: JobRun, page: &[ApplicationCounts], now: Instant) {
        if let JobKey::Sweep(key) = run.key {
            let moved = self.precheck.listed(key, run.number, page);
            self.follow_up(moved, now);
        }
    }

    /// Takes in how a list ended.
    pub(crate) fn end_sweep(&mut self, run: JobRun, result: Result<SweepEnd, PollError>, now: Instant) {
        let JobKey::Sweep(key) = run.key else { return };
        let (end, hint) = match result {
            Ok(end) => (end, None),
            Err(AskError::Closed(Withdrawn)) => (SweepEnd::BrokenOff, None),
            Err(AskError::Failed(error)) => {
                let failure = error.failure();
                match failure.class {
                    FailureClass::Permanent(_) if !CredentialGate::concerns(&failure) => {
                        tracing::warn!(
                            error = failure.message,
                            "no pre-check for an hour: changes show with the next poll of each application"
                        );
                        (SweepEnd::Refused, None)
                    }
                    FailureClass::Permanent(_) | FailureClass::Transient | FailureClass::Throttled => {
                        (SweepEnd::BrokenOff, error.class.hint())
                    }
                }
            }
        };
        let gone = self.precheck.end(key, end, hint, now);
        self.schedule_sweep(key);
        self.follow_up(gone, now);
    }

    fn follow_up(&mut self, moved: Vec<Moved>, now: Instant) {
        for Moved { targets, now: numbers, since } in moved {
            for key in targets {
                let Some(tracked) = self.tracked.get_mut(&key) else { continue };
                if numbers.is_some_and(|numbers| tracked.has_seen(numbers, since)) {
                    continue;
                }
                tracked.moved.get_or_insert(now);
                self.reschedule(key);
            }
        }
    }

    fn schedule_sweep(&mut self, key: u64) {
        let need = self.precheck.due(key).map(|at| Need::new(Lane::Precheck, at));
        self.lanes.set(JobKey::Sweep(key), need);
    }
}

impl Tracked {
    /// Whether a poll since then has seen these numbers already, so that another one would bring nothing new.
    fn has_seen(&self, numbers: Numbers, since: Option<Instant>) -> bool {
        let is_whole = self.target.groups.is_none() && !self.target.is_filtered();
        let polled_since = self.is_answered() && self.asked.is_some() && self.asked >= since;
        let same = self.knowledge.last.is_some_and(|tally| {
            tally.desired == numbers.wanted && i64::try_from(tally.running).ok() == numbers.running
        });
        is_whole && since.is_some() && polled_since && same
    }
}
