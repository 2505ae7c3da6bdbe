//! When each target is due, and how far all of them slow down.

use std::time::Duration;

use tokio::time::Instant;

use super::job::JobKey;
use super::{Scheduler, WARM_UP, notify_all};
use crate::poll::targets::{Phase, Seed, Slowdown, TargetKey};

/// How much of the budget is planned for. The rest absorbs what cannot be planned, so that lines stay short.
const PLANNED: f64 = 0.99;
/// The part of the budget that polls by the clock have at least which can be slowed down, whatever else goes on.
const LEAST: f64 = 0.25;
/// How soon the slowdown follows a change of the shares.
const ADJUST_AFTER: Duration = Duration::from_secs(1);
/// How often it follows the calls that no share holds.
const ADJUST_EVERY: Duration = Duration::from_secs(10);

impl Scheduler {
    /// Brings the share of a target and its due times up to date. Whether any of that changed.
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
        let is_to_ask = self.schedule_diagnosis(key, now);
        self.reschedule(key) || is_to_ask || has_changed
    }

    /// Puts a target into the lane that it needs, and notifies its watches if its shown pace changed. Whether its
    /// lane or its due time changed.
    pub(super) fn reschedule(&mut self, key: TargetKey) -> bool {
        self.note_period(key);
        let Some(tracked) = self.targets.get_mut(&key) else { return false };
        if tracked.update_shown() {
            notify_all(&self.news, tracked);
        }
        let (need, of_sets) = (tracked.need(&self.points, self.start), tracked.need_of_sets());
        let has_changed = self.lanes.set(JobKey::Poll(key), need);
        self.lanes.set(JobKey::OfSet(key), of_sets) || has_changed
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

    /// Lets the slowdown follow the load when it is time to.
    pub(super) fn adjust_slowdown(&mut self, now: Instant) {
        if now < self.adjust_at || self.targets.is_empty() {
            return;
        }
        let warm_at = self.start + WARM_UP;
        self.adjust_at = if now < warm_at { warm_at } else { now + ADJUST_EVERY };
        let available = self.available(now);
        self.without_sweeps = self.load.slowdown(self.left_by(self.load.unplanned_per_minute(now)));
        self.slowdown = self.load.slowdown(available);
        self.log_shortage(available);
        let is_new = self.rescheduled.0 != self.targets.len() && self.is_starting(now);
        if is_new || self.slowdown.is_far_from(self.rescheduled.1) {
            self.reschedule_all();
        }
    }

    /// The earlier of `other` and the moment from which on the slowdown follows the load. While every interval fits,
    /// nothing would follow, and with many accounts the wakeups for it are a part of what a poll costs.
    pub(super) fn or_adjust(&self, other: Option<Instant>, now: Instant) -> Option<Instant> {
        // Most waits end before, and need not know.
        let is_first = !self.targets.is_empty() && other.is_none_or(|other| self.adjust_at < other);
        if is_first && self.follows_load(now) { Some(self.adjust_at) } else { other }
    }

    fn follows_load(&self, now: Instant) -> bool {
        self.is_starting(now)
            || self.is_short
            || self.slowdown.is_in_force()
            || !self.load.fits(self.available(now))
    }

    /// Whether targets still come in, by which all are spread anew.
    fn is_starting(&self, now: Instant) -> bool {
        now <= self.start + WARM_UP + ADJUST_AFTER
    }

    /// Calls a minute that polls at their intervals may take.
    fn available(&self, now: Instant) -> f64 {
        self.left_by(self.precheck.calls_per_minute() + self.load.unplanned_per_minute(now))
    }

    /// The same beside so many other calls a minute.
    fn left_by(&self, others: f64) -> f64 {
        let budget = f64::from(self.calls_per_minute);
        (budget * PLANNED - others).max(budget * LEAST + self.load.fixed_per_minute())
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::domain::{Access, Meta};
    use crate::poll::news;
    use crate::poll::subscription::{Subscription, WatchId};
    use crate::sae::Clock;

    /// That of an account of 6 calls a minute, of which one watch wants 4.
    fn scheduler(start: Instant) -> Scheduler {
        let mut scheduler = Scheduler::new(None, 6, Clock::system(), news().0, start);
        let spec = json!({"appId": "cart", "regionId": "cn-hangzhou", "interval": "15s"});
        let spec = serde_json::from_value(spec).unwrap();
        let meta = Meta { generation: 1, uid: "", created_at: None, request: None };
        let want = Subscription::new(&spec, None, meta, &Access::own(None), Timestamp::UNIX_EPOCH).unwrap();
        scheduler.subscribe(&WatchId { namespace: "team-a".into(), name: "cart".into() }, want, start);
        scheduler
    }

    #[test]
    fn while_every_interval_fits_nothing_wakes_up_for_the_load() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut scheduler = scheduler(start);
        let mut wakes_at = |seconds, unplanned| {
            (0..unplanned).for_each(|_| scheduler.load.add_unplanned(at(seconds)));
            scheduler.adjust_slowdown(at(seconds));
            (scheduler.or_adjust(None, at(seconds)), scheduler.slowdown.is_in_force())
        };
        assert_eq!(wakes_at(0, 0), (Some(at(10)), false), "watches still come in");
        assert_eq!(wakes_at(10, 0), (Some(at(20)), false));
        assert_eq!(wakes_at(20, 0), (None, false));
        assert_eq!(wakes_at(21, 60), (Some(at(30)), false), "as many as ten minutes have calls for");
        assert_eq!(wakes_at(30, 0), (Some(at(40)), true));
        assert_eq!(wakes_at(7_200, 0), (None, false), "what was not planned has faded");
    }
}
