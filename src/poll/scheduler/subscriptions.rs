//! What the operator says and asks.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::Scheduler;
use super::job::JobKey;
use super::lanes::Lane;
use super::stats::Stats;
use crate::domain::{Attempt, Observation, Pace, Target, interval_steps};
use crate::poll::subscription::{Subscription, WatchId};
use crate::poll::target::slowdown::Slowdown;
use crate::poll::target::tracked::Tracked;
use crate::poll::target::watchers::Watcher;

impl Scheduler {
    /// Takes in what a watch wants now. Whether that may change what is next.
    pub(crate) fn subscribe(&mut self, id: &WatchId, mut subscription: Subscription, now: Instant) -> bool {
        let known = self.watches.get(id).copied();
        let known = known.filter(|key| self.tracked[key].target == subscription.target);
        let key = known.unwrap_or_else(|| self.join(id, &subscription.target, now));
        let joined = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return true };
        subscription.target = tracked.target.clone();
        let watcher = tracked.watchers.get_or_insert_with(id, || Watcher::new(subscription.clone(), joined));
        watcher.subscription = subscription;
        watcher.note_news(now);
        let is_urgent = tracked.is_asked_for();
        let is_due_otherwise = self.update(key, now);
        if let Some(failure) = self.credentials.failure().filter(|_| !is_urgent).cloned() {
            self.fail_without_call(key, &failure, now);
            return true;
        }
        is_due_otherwise || known.is_none()
    }

    /// Makes a watch one of a target's, and of no other.
    fn join(&mut self, id: &WatchId, target: &Arc<Target>, now: Instant) -> u64 {
        self.unsubscribe(id, now);
        let key = self.track(target, now);
        self.watches.insert(id.clone(), key);
        key
    }

    /// Lets go of a watch, and of its target if it was the last.
    pub(crate) fn unsubscribe(&mut self, id: &WatchId, now: Instant) {
        let Some(key) = self.watches.remove(id) else { return };
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        tracked.watchers.remove(id);
        tracked.drop_acknowledged();
        if tracked.watchers.is_empty() {
            self.drop_unwatched(key, now);
        } else {
            self.update(key, now);
        }
    }

    /// What is known for a watch.
    pub(crate) fn latest(&self, id: &WatchId, now: Instant) -> Option<(Pace, Option<Arc<Observation>>)> {
        let tracked = self.tracked.get(self.watches.get(id)?)?;
        let watcher = tracked.watchers.get(id)?;
        let observation = tracked.observation.clone().filter(|_| watcher.unacknowledged);
        Some((self.pace(tracked, watcher, now), observation))
    }

    /// Notes that a watch's status holds this observation. Whether that may change what is next: an open streak is
    /// followed up from then on.
    pub(crate) fn acknowledge(&mut self, id: &WatchId, observation: &Arc<Observation>) -> bool {
        let Some(key) = self.watches.get(id).copied() else { return false };
        let Some(tracked) = self.tracked.get_mut(&key) else { return false };
        if !tracked.observation.as_ref().is_some_and(|newest| Arc::ptr_eq(newest, observation)) {
            return false;
        }
        if let Some(watcher) = tracked.watchers.get_mut(id) {
            watcher.unacknowledged = false;
        }
        tracked.drop_acknowledged();
        self.reschedule(key)
    }

    /// The counters as they stand.
    pub(crate) fn stats(&self, now: Instant) -> Stats {
        let slowed = self.tracked.values().filter(|tracked| !tracked.shown.is_zero()).count();
        Stats {
            waiting: Lane::ALL.into_iter().map(|lane| (lane, self.lanes.waiting(lane, now))).collect(),
            wanted: self.load.calls_per_minute(Slowdown::default()),
            in_flight: self.budget.in_flight(),
            targets: self.keys.len(),
            slowed,
            throttled: self.throttle.is_paused(),
            prechecks_denied: self.precheck.refused(),
            rejected: self.credentials.failure().is_some(),
            ..self.stats.clone()
        }
    }

    fn track(&mut self, target: &Arc<Target>, now: Instant) -> u64 {
        if let Some(key) = self.keys.get(target) {
            return *key;
        }
        self.number += 1;
        let (key, target) = (self.number, target.clone());
        self.keys.insert(target.clone(), key);
        self.join_region(&target, key, now);
        self.tracked.insert(key, Box::new(Tracked::new(target, now)));
        key
    }

    /// Lets go of a target that nobody watches.
    pub(super) fn drop_unwatched(&mut self, key: u64, now: Instant) {
        self.withdraw(key);
        self.update(key, now);
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        if tracked.attempt.is_some() {
            // A call is under way, so its place stays taken; but whoever comes back starts anew.
            let attempt = tracked.attempt.take();
            **tracked = Tracked { attempt, ..Tracked::new(tracked.target.clone(), now) };
            return;
        }
        let target = tracked.target.clone();
        self.keys.remove(&target);
        self.tracked.remove(&key);
        self.lanes.set(JobKey::Poll(key), None);
        self.leave_region(&target, key);
    }

    /// Whether a target would be polled now if the account were not over its quota.
    pub(super) fn is_held_up(&self, tracked: &Tracked, now: Instant) -> bool {
        let need = tracked.need(&self.points, self.start);
        self.throttle.is_paused() && need.is_some_and(|need| need.at <= now)
    }

    fn pace(&self, tracked: &Tracked, watcher: &Watcher, now: Instant) -> Pace {
        let interval = SignedDuration::try_from(watcher.subscription.interval).unwrap_or(SignedDuration::MAX);
        let slower = tracked.period() > watcher.subscription.interval;
        let mut last = tracked.last.as_ref().map(|last| last.how.clone());
        let mut waiting_since = tracked.waiting_since;
        if let Some((failure, since)) = self.throttled.as_ref().filter(|_| self.is_held_up(tracked, now)) {
            last = Some(Attempt::Failed(failure.clone()));
            waiting_since = waiting_since.or(Some(*since));
        }
        if !watcher.answered {
            waiting_since = Some(waiting_since.map_or(watcher.joined, |since| since.max(watcher.joined)));
        }
        Pace {
            effective_interval: (slower && tracked.shown > interval).then_some(tracked.shown),
            failures: tracked.failures,
            is_queued: last.is_none() && tracked.attempt.is_none(),
            last,
            waiting_since,
            generation: watcher.handled,
            token_served: watcher.served.clone(),
        }
    }
}

impl Tracked {
    /// Lets the observation go once every watch has rendered it.
    fn drop_acknowledged(&mut self) {
        if self.watchers.values().all(|watcher| !watcher.unacknowledged) {
            self.observation = None;
        }
    }

    /// Brings the shown pace up to date; whether it changed. It comes down only when it would stay down, so that
    /// a pace that swings around a step is not written with each swing.
    pub(super) fn update_shown(&mut self) -> bool {
        let (period, interval) = (self.period(), self.interval());
        let mut shown = SignedDuration::ZERO;
        if period > interval {
            let period = SignedDuration::try_from(period).unwrap_or(SignedDuration::MAX);
            shown = interval_steps::round_up(period);
            if shown < self.shown
                && period.as_secs_f64() > 0.9 * interval_steps::below(self.shown).as_secs_f64()
            {
                shown = self.shown;
            }
        }
        std::mem::replace(&mut self.shown, shown) != shown
    }

    /// Whether the newest attempt was answered well.
    pub(super) fn is_answered(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.how == Attempt::Observed)
    }
}
