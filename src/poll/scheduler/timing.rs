//! When each target is due, and how far all of them slow down.

use std::time::Duration;

use tokio::time::Instant;

use super::job::JobKey;
use super::{Scheduler, WARM_UP, notify_all};
use crate::poll::targets::{Phase, Seed, Slowdown, TargetKey};

/// How much of the budget is planned for. The rest absorbs what cannot be planned, so that lines stay short.
const PLANNED: f64 = 0.99;
/// The part of the budget that polls by the clock have at least, whatever else goes on.
const LEAST: f64 = 0.25;
/// How soon the slowdown follows a change of the shares.
const ADJUST_AFTER: Duration = Duration::from_secs(1);
/// How often it follows the calls that no share holds.
const ADJUST_EVERY: Duration = Duration::from_secs(10);

impl Scheduler {
    /// Brings the share of a target and its due time up to date. Whether any of that changed.
    pub(super) fn update(&mut self, key: TargetKey, now: Instant) -> bool {
        let wall = self.clock.now();
        let Some(tracked) = self.targets.get_mut(&key) else { return false };
        let share = (!tracked.watchers.is_empty()).then(|| tracked.wanted_share(wall));
        let has_changed = share != tracked.share;
        if has_changed {
            if let Some(old) = tracked.share {
                self.load.remove(old);
            }
            if let Some(new) = share {
                self.load.add(new);
            }
            tracked.share = share;
            tracked.slowdown = self.slowdown;
            self.adjust_at = self.adjust_at.min(now + ADJUST_AFTER);
        }
        self.reschedule(key) || has_changed
    }

    /// Puts a target into the lane that it needs, and notifies its watches if its shown pace changed. Whether its
    /// lane or its due time changed.
    pub(super) fn reschedule(&mut self, key: TargetKey) -> bool {
        self.note_period(key);
        let Some(tracked) = self.targets.get_mut(&key) else { return false };
        if tracked.update_shown() {
            notify_all(&self.news, tracked);
        }
        self.lanes.set(JobKey::Poll(key), tracked.need(&self.points, self.start))
    }

    /// Changes the budget from now on, and what follows from it. Whether it is another one.
    pub(crate) fn set_budget(&mut self, calls_per_minute: u32, now: Instant) -> bool {
        if calls_per_minute == self.calls_per_minute {
            return false;
        }
        self.calls_per_minute = calls_per_minute;
        self.gate.set_budget(calls_per_minute);
        for region in self.precheck.set_budget(calls_per_minute, now) {
            self.schedule_sweep(region);
        }
        self.adjust_at = self.adjust_at.min(now + ADJUST_AFTER);
        true
    }

    /// Lets the slowdown follow the load when it is time to; returns when it is time again.
    pub(super) fn adjust_slowdown(&mut self, now: Instant) -> Option<Instant> {
        if self.targets.is_empty() {
            return None;
        }
        let warm_at = self.start + WARM_UP;
        if now >= self.adjust_at {
            self.adjust_at = if now < warm_at { warm_at } else { now + ADJUST_EVERY };
            let budget = f64::from(self.calls_per_minute);
            let left_by = |calls: f64| (budget * PLANNED - calls).max(budget * LEAST);
            let unplanned = self.load.unplanned_per_minute(now);
            self.without_sweeps = self.load.slowdown(left_by(unplanned));
            let available = left_by(unplanned + self.precheck.calls_per_minute());
            self.slowdown = self.load.slowdown(available);
            self.log_shortage(available);
            let is_new = self.rescheduled.0 != self.targets.len() && now <= warm_at + ADJUST_AFTER;
            if is_new || self.slowdown.is_far_from(self.rescheduled.1) {
                self.reschedule_all();
            }
        }
        Some(self.adjust_at)
    }

    /// Reschedules every target by the slowdown in force. While there is one, no slack absorbs targets whose seeds
    /// have the same phase, so the phases are spread evenly then.
    fn reschedule_all(&mut self) {
        self.rescheduled = (self.targets.len(), self.slowdown);
        let mut order: Vec<(Seed, TargetKey)> =
            self.targets.iter().map(|(key, one)| (one.seed, *key)).collect();
        order.sort_unstable();
        for (rank, (seed, key)) in order.iter().enumerate() {
            if let Some(tracked) = self.targets.get_mut(key) {
                tracked.slowdown = self.slowdown;
                let is_spread = self.slowdown.is_in_force();
                tracked.phase = if is_spread { Phase::of_rank(rank, order.len()) } else { seed.phase() };
            }
            self.reschedule(*key);
        }
    }

    fn log_shortage(&mut self, available: f64) {
        let wanted = self.load.planned_per_minute(Slowdown::default());
        let targets = self.targets.len();
        if self.slowdown.is_in_force() && !self.is_short {
            self.is_short = true;
            tracing::warn!(
                account = self.account_name(),
                targets,
                wanted_calls_per_minute = wanted.ceil(),
                calls_per_minute = self.calls_per_minute,
                "the quota does not carry every interval: quiet healthy applications are polled more slowly, as \
                 status.effectiveInterval shows; longer intervals, fewer watches, or a higher \
                 --calls-per-minute (after raising SAE's quota) would help"
            );
        } else if self.is_short && wanted < available * 0.9 {
            self.is_short = false;
            tracing::info!(account = self.account_name(), targets, "the quota carries every interval again");
        }
    }
}
