//! The end of sweeps and of lists for sets, when they come next, and the polls that follow from moved numbers.

use tokio::time::Instant;

use super::Scheduler;
use super::job::{JobKey, JobRun, PollError, Withdrawn};
use super::lanes::{Lane, Need};
use crate::domain::{Failure, Target};
use crate::poll::gate::is_refusal;
use crate::poll::targets::{Moved, RegionKey, SweepEnd, TargetKey};
use crate::sae::{AskError, ListedApplication};

impl Scheduler {
    pub(super) fn join_region(&mut self, target: &Target, key: TargetKey, now: Instant) {
        let new_key = RegionKey(self.next_number());
        let region = self.precheck.join(target, key, new_key, now);
        self.schedule_sweep(region);
    }

    pub(super) fn leave_region(&mut self, target: &Target, key: TargetKey) {
        if let Some(region) = self.precheck.leave(target, key) {
            self.schedule_sweep(region);
            self.forget_unpolled(region);
        }
    }

    /// Takes in one page of a list: whose numbers moved is polled at once.
    pub(crate) fn listed(&mut self, run: JobRun, page: &[ListedApplication], now: Instant) {
        if let JobKey::Sweep(key) = run.key {
            let moved = self.precheck.listed(key, run.number, page);
            self.follow_up(moved, now);
            if let Some(region) = self.precheck.id(key).cloned() {
                self.learn(&region, page, now);
            }
        }
    }

    /// Takes in how a list ended.
    pub(crate) fn end_sweep(&mut self, run: JobRun, result: Result<SweepEnd, PollError>, now: Instant) {
        let JobKey::Sweep(key) = run.key else { return };
        let (end, hint) = match result {
            Ok(end) => (end, None),
            Err(AskError::Closed(Withdrawn)) => (SweepEnd::Left, None),
            Err(AskError::Failed(error)) => (self.end_of_failed(error.failure()), error.class.hint()),
        };
        let gone = self.precheck.end(key, end, hint, (now, self.clock.now()));
        self.schedule_sweep(key);
        self.follow_up(gone, now);
        self.forget_unpolled(key);
    }

    fn follow_up(&mut self, moved: Vec<Moved>, now: Instant) {
        for Moved { targets, numbers, since } in moved {
            for key in targets {
                let Some(tracked) = self.targets.get_mut(&key) else { continue };
                if numbers.is_some_and(|numbers| tracked.has_seen(numbers, since)) {
                    continue;
                }
                tracked.moved.get_or_insert(now);
                self.reschedule(key);
            }
        }
    }

    /// Puts the next list of a region where it belongs, and of those that take turns with it.
    pub(super) fn schedule_sweep(&mut self, key: RegionKey) {
        self.schedule_list(key);
        for other in self.precheck.read_regions() {
            self.schedule_list(other);
        }
        self.close_unwanted();
    }

    fn schedule_list(&mut self, key: RegionKey) {
        let need = self.precheck.due(key).map(|at| Need::new(Lane::Precheck, at));
        self.lanes.set(JobKey::Sweep(key), need);
    }

    fn end_of_failed(&self, failure: Failure) -> SweepEnd {
        if !is_refusal(&failure) {
            return SweepEnd::BrokenOff(failure);
        }
        tracing::warn!(
            account = self.account_name(),
            error = failure.message,
            "no ListApplications for an hour: moved counts show with the next poll of each application"
        );
        SweepEnd::Refused(failure)
    }
}
