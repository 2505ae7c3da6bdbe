//! From a list of abnormal instances to the polls for its hints, and what they show of the list (contract §13).

use std::time::Duration;

use tokio::time::Instant;

use super::Scheduler;
use super::job::{JobKey, JobRun};
use super::stats::HintOutcome;
use crate::poll::gate::is_refusal;
use crate::poll::targets::{Cause, Found, Hinted, TargetKey};
use crate::sae::{AbnormalInstances, Error};

impl Scheduler {
    /// Takes in a list of abnormal instances: who has another number of them than before waits for a poll.
    pub(crate) fn listed_abnormal(&mut self, run: JobRun, list: &[AbnormalInstances], now: Instant) {
        let JobKey::Sweep(key) = run.key else { return };
        let Hinted { targets, missed, at_most } = self.precheck.abnormal(key, list);
        self.counters.hints(HintOutcome::Missed, missed);
        let hinted = targets.into_iter().filter(|target| self.hint(*target, now));
        // Lazily, so that no more than these are hinted.
        let _: usize = hinted.take(at_most).count();
    }

    /// Takes in that the list could not be read. The other list goes on.
    pub(crate) fn availability_failed(&mut self, run: JobRun, error: &Error, now: Instant) {
        let JobKey::Sweep(key) = run.key else { return };
        let failure = error.failure();
        if !is_refusal(&failure) {
            return;
        }
        tracing::warn!(
            account = self.account_name(),
            error = failure.message,
            "no GetAvailabilityMetric for an hour: what moves no count shows with the next poll of each application"
        );
        self.precheck.availability_refused(key, now);
    }

    /// A target waits for a poll, unless it does so already; whether it waits for no more than its turn.
    fn hint(&mut self, key: TargetKey, now: Instant) -> bool {
        let Some(tracked) = self.targets.get_mut(&key) else { return false };
        if tracked.hint_at.is_some() || tracked.hinted.is_some() {
            return false;
        }
        let at = tracked.hints.opens_at(now);
        tracked.hint_at = Some(at);
        self.hints.add(at, key);
        at == now
    }

    /// Lets the hints through that may be polled for; returns when the next one may.
    pub(super) fn release_hints(&mut self, now: Instant) -> Option<Instant> {
        while let Some(key) = self.hints.take_stale(now) {
            if let Some(tracked) = self.targets.get_mut(&key) {
                tracked.hint_at = None;
            }
        }
        while let Some(key) = self.hints.take(now) {
            let Some(tracked) = self.targets.get_mut(&key) else { continue };
            tracked.hint_at = None;
            tracked.hinted = Some(now);
            let calls = tracked.knowledge.calls.max(1);
            self.hints.spend(calls, self.gate.budget.spacing(), now);
            self.reschedule(key);
        }
        self.hints.due()
    }

    /// A poll begins, which serves a hint that waits whatever it is for.
    pub(super) fn serve_hint(&mut self, key: TargetKey) {
        let waiting = self.targets.get_mut(&key).and_then(|tracked| tracked.hint_at.take());
        if let Some(at) = waiting {
            self.hints.remove(at, key);
        }
    }

    /// Learns from what a poll has found whether hints are of any use.
    pub(super) fn learn_from(&mut self, key: TargetKey, cause: Cause, found: Found, now: Instant) {
        let Some(tracked) = self.targets.get_mut(&key).map(Box::as_mut) else { return };
        let Some(target) = &tracked.target else { return };
        if found.changed == Some(true) {
            tracked.hints.changed();
        }
        match (cause, found.changed) {
            (Cause::Hint(_), Some(confirmed)) => {
                let outcome = if confirmed { HintOutcome::Confirmed } else { HintOutcome::NothingNew };
                if !confirmed {
                    tracked.hints.nothing_new(now);
                }
                self.hints.judge(confirmed);
                self.precheck.judge(target, confirmed, now);
                self.counters.hints(outcome, 1);
            }
            (Cause::Clock, _) if found.worse => self.precheck.found_worse(target, now),
            _ => {}
        }
    }

    /// Tells the sweeps how often a target would be polled without them, if at all: what they cost is no reason for them.
    pub(super) fn note_period(&mut self, key: TargetKey) {
        let Some(tracked) = self.targets.get(&key) else { return };
        let Some(target) = &tracked.target else { return };
        let period: Option<Duration> =
            (!tracked.watchers.is_empty()).then(|| tracked.period_at(self.without_sweeps));
        if let Some(region) = self.precheck.set_period(target, key, period) {
            self.schedule_sweep(region);
        }
    }
}
