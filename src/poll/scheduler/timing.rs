//! When each target is due, and how far all of them stretch.

use std::time::Duration;

use tokio::time::Instant;

use super::job::JobKey;
use super::{Scheduler, WARM_UP, notify_all};
use crate::poll::target::seed::{Phase, Seed};
use crate::poll::target::slowdown::Slowdown;

/// How much of the budget is planned for. The rest absorbs what cannot be planned, so that queues stay short.
const PLANNED: f64 = 0.99;
/// The part of the budget that polls by the clock have at least, whatever else goes on.
const LEAST: f64 = 0.25;
/// How soon the slowdown follows a change of the load, and how often it is looked at anyway.
const ADJUST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

impl Scheduler {
    /// Recounts what a target asks of the budget, and when it is due. Whether any of that is something else than
    /// before.
    pub(super) fn update(&mut self, key: u64, now: Instant) -> bool {
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return false };
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
            self.adjust_at = self.adjust_at.min(now + ADJUST.0);
        }
        self.reschedule(key) || has_changed
    }

    /// Puts a target where its needs belong, and tells its watches if its pace shows otherwise. Whether it belongs
    /// elsewhere than before.
    pub(super) fn reschedule(&mut self, key: u64) -> bool {
        let Some(tracked) = self.tracked.get_mut(&key) else { return false };
        if tracked.update_shown() {
            notify_all(&self.news, tracked);
        }
        self.lanes.set(JobKey::Poll(key), tracked.need(&self.points, self.start))
    }

    /// Looks whether intervals must stretch more, or may stretch less; says when to look again.
    pub(super) fn adjust_slowdown(&mut self, now: Instant) -> Option<Instant> {
        if self.tracked.is_empty() {
            return None;
        }
        let warm_until = self.start + WARM_UP;
        if now >= self.adjust_at {
            self.adjust_at = if now < warm_until { warm_until } else { now + ADJUST.1 };
            let spoken_for = self.precheck.calls_per_minute() + self.unplanned.per_minute(now);
            let budget = f64::from(self.calls_per_minute);
            let available = (budget * PLANNED - spoken_for).max(budget * LEAST);
            self.slowdown = self.load.slowdown(available);
            self.log_shortage(available);
            let is_new = self.timed.0 != self.tracked.len() && now <= warm_until + ADJUST.0;
            if is_new || self.slowdown.is_far_from(self.timed.1) {
                self.reschedule_all();
            }
        }
        Some(self.adjust_at)
    }

    /// Times every target by the slowdown in force. While intervals are stretched there is no slack to absorb targets
    /// that happen to draw the same phase, so the phases are spread evenly then.
    fn reschedule_all(&mut self) {
        self.timed = (self.tracked.len(), self.slowdown);
        let mut order: Vec<(Seed, u64)> = self.tracked.iter().map(|(key, one)| (one.seed, *key)).collect();
        order.sort_unstable();
        for (rank, (seed, key)) in order.iter().enumerate() {
            if let Some(tracked) = self.tracked.get_mut(key) {
                tracked.slowdown = self.slowdown;
                let is_in_force = self.slowdown.is_in_force();
                tracked.phase = if is_in_force { Phase::of_rank(rank, order.len()) } else { seed.phase() };
            }
            self.reschedule(*key);
        }
    }

    fn log_shortage(&mut self, available: f64) {
        let wanted = self.load.calls_per_minute(Slowdown::default());
        let targets = self.tracked.len();
        if self.slowdown.is_in_force() && !self.is_short {
            self.is_short = true;
            tracing::warn!(
                targets,
                wanted_calls_per_minute = wanted.ceil(),
                calls_per_minute = self.calls_per_minute,
                "the quota does not carry every interval: quiet healthy applications are polled more slowly, as \
                 status.effectiveInterval shows; longer intervals, fewer watches, or a higher \
                 --calls-per-minute (after raising SAE's quota) would help"
            );
        } else if self.is_short && wanted < available * 0.9 {
            self.is_short = false;
            tracing::info!(targets, "the quota carries every interval again");
        }
    }
}
