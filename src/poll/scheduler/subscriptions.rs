//! What the operator says and asks.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::Scheduler;
use super::lanes::Lane;
use super::stats::Stats;
use crate::api::AccountName;
use crate::domain::{Attempt, Identity, Pace, Target, TargetRef};
use crate::poll::subscription::{Snapshot, Subscription, WatchId};
use crate::poll::targets::{RegionStats, Share, Slowdown, TargetKey, Tracked, Watcher};
use crate::sae::Operation;

impl Scheduler {
    /// Adds a watch, or replaces what it asked for before. Whether that may change what is next.
    pub(crate) fn subscribe(&mut self, id: &WatchId, mut subscription: Subscription, now: Instant) -> bool {
        let known =
            self.watches.get(id).copied().filter(|key| self.wants_same(*key, id, &subscription.target));
        let key = known.unwrap_or_else(|| self.join(id, &subscription.target, now));
        let wall = self.clock.now();
        let Some(tracked) = self.targets.get_mut(&key) else { return true };
        // One copy of the target serves all of its watches.
        if let (TargetRef::Id(target), Some(tracked)) = (&mut subscription.target, &tracked.target) {
            *target = tracked.clone();
        }
        tracked.watchers.subscribe(id, subscription, (now, wall));
        tracked.drop_acknowledged();
        let is_urgent = tracked.is_urgent();
        let has_changed = self.update(key, now);
        if let Some(failure) = self.gate.credentials.failure().filter(|_| !is_urgent).cloned() {
            self.fail_without_call(key, &failure, now);
            return true;
        }
        has_changed || known.is_none()
    }

    /// Whether a watch is on the target with this key for what it wants polled now.
    fn wants_same(&self, key: TargetKey, id: &WatchId, target: &TargetRef) -> bool {
        let watcher = self.targets.get(&key).and_then(|tracked| tracked.watchers.get(id));
        match (watcher.map(|watcher| &watcher.subscription.target), target) {
            (Some(TargetRef::Id(wanted)), TargetRef::Id(target)) => wanted == target,
            // Its id is known here better than its status says.
            (Some(TargetRef::Name(wanted, _)), TargetRef::Name(target, _)) => wanted == target,
            _ => false,
        }
    }

    /// Makes a watch one of this target's, and of no other.
    fn join(&mut self, id: &WatchId, target: &TargetRef, now: Instant) -> TargetKey {
        self.unsubscribe(id, now);
        let key = match target {
            TargetRef::Id(target) => self.key_of(target, now),
            TargetRef::Name(target, last) => self.join_name(id, target, last.as_ref(), now),
        };
        self.watches.insert(id.clone(), key);
        key
    }

    /// The key of a target, which is polled from now on.
    pub(super) fn key_of(&mut self, target: &Arc<Target>, now: Instant) -> TargetKey {
        self.keys.get(target).copied().unwrap_or_else(|| self.track(target.clone(), now))
    }

    /// Drops a watch, and its target if it was the last.
    pub(crate) fn unsubscribe(&mut self, id: &WatchId, now: Instant) {
        let Some(key) = self.watches.remove(id) else { return };
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        let watcher = tracked.watchers.take(id);
        tracked.drop_acknowledged();
        self.update_or_drop(key, now);
        if let Some(TargetRef::Name(target, _)) = watcher.map(|watcher| watcher.subscription.target) {
            self.leave_name(id, &target);
        }
    }

    /// What is known for a watch.
    pub(crate) fn latest(&self, id: &WatchId, now: Instant) -> Option<Snapshot> {
        let tracked = self.targets.get(self.watches.get(id)?)?;
        let watcher = tracked.watchers.get(id)?;
        let observation = tracked.observation.clone().filter(|_| watcher.unacknowledged);
        let named = watcher.subscription.target.named().map(|target| target.app.clone());
        let identity = Identity {
            id: tracked.target.as_ref().map(|target| target.app.clone()),
            named: named.or_else(|| tracked.named.clone()),
        };
        Some(Snapshot {
            pace: self.pace(tracked, watcher, now),
            observation,
            identity,
            diagnosis: tracked.diagnosis_for(watcher, now),
        })
    }

    /// Notes that the status of a watch holds this snapshot. Whether that may change what is next: an open streak
    /// is followed up from then on.
    pub(crate) fn acknowledge(&mut self, id: &WatchId, snapshot: &Snapshot) -> bool {
        let Some(key) = self.watches.get(id).copied() else { return false };
        let Some(tracked) = self.targets.get_mut(&key) else { return false };
        match (&tracked.observation, &snapshot.observation) {
            (Some(newest), Some(held)) if Arc::ptr_eq(newest, held) => {}
            _ => return false,
        }
        if let Some(watcher) = tracked.watchers.get_mut(id) {
            watcher.unacknowledged = false;
        }
        tracked.drop_acknowledged();
        self.reschedule(key)
    }

    /// How the polls stand.
    pub(crate) fn stats(&self, now: Instant) -> Stats {
        let slowed = self.targets.values().filter(|tracked| !tracked.shown.is_zero()).count();
        Stats {
            counters: self.counters.clone(),
            waiting: Lane::ALL.map(|lane| (lane, self.lanes.waiting(lane, now))),
            budget: self.calls_per_minute,
            wanted: self.load.planned_per_minute(Slowdown::default()),
            in_flight: self.gate.budget.in_flight(),
            targets: self.keys.len(),
            slowed,
            throttled: self.gate.throttle.is_paused(),
            lists_denied: [Operation::Applications, Operation::Availability]
                .map(|list| (list, self.precheck.refused(list))),
            coverage: self.precheck.coverage(now),
            rejected: self.gate.credentials.failure().is_some(),
        }
    }

    /// The regions in which SAE has answered, and what is watched in them for an account.
    pub(crate) fn regions(&self, account: &AccountName) -> Vec<RegionStats> {
        let counts =
            |key| self.targets.get(&key).is_some_and(|one| one.is_of(account) && !one.watchers.is_empty());
        self.precheck.stats(counts)
    }

    /// Calls a minute that the targets of an account would need at their intervals.
    pub(crate) fn wanted(&self, account: &AccountName) -> f64 {
        let of_account = self.targets.values().filter(|tracked| tracked.is_of(account));
        Share::per_minute(of_account.filter_map(|tracked| tracked.share))
    }

    fn track(&mut self, target: Arc<Target>, now: Instant) -> TargetKey {
        let key = TargetKey(self.next_number());
        let mut others = self.precheck.targets(&target.region, &target.app).iter();
        let named = others.find_map(|other| self.targets.get(other)?.named.clone());
        let named = named.or_else(|| self.listed_name(&target));
        self.keys.insert(target.clone(), key);
        self.join_region(&target, key, now);
        self.targets.insert(key, Box::new(Tracked { named, ..Tracked::new(target, now) }));
        key
    }

    /// Brings a target up to date, or drops it when no watch is left.
    pub(super) fn update_or_drop(&mut self, key: TargetKey, now: Instant) {
        self.update(key, now);
        let Some(tracked) = self.targets.get(&key).filter(|tracked| tracked.watchers.is_empty()) else {
            return;
        };
        let Some(target) = tracked.target.clone() else {
            self.withdraw(key);
            self.targets.remove(&key);
            self.leave_lanes(key);
            return;
        };
        let named = tracked.named.clone();
        self.serve_hint(key);
        self.withdraw(key);
        let attempt = self.targets.get_mut(&key).and_then(|tracked| tracked.attempt.take());
        if attempt.is_some() {
            // A call is under way, so its place stays taken; but a watch that comes back starts anew.
            self.targets.insert(key, Box::new(Tracked { named, attempt, ..Tracked::new(target, now) }));
            return;
        }
        self.keys.remove(&target);
        self.targets.remove(&key);
        self.leave_lanes(key);
        self.leave_region(&target, key);
    }

    /// Whether a target would be polled now if the account were not over its quota.
    pub(super) fn is_held_up(&self, tracked: &Tracked, now: Instant) -> bool {
        let need = tracked.need(&self.points, self.start).or_else(|| tracked.need_of_sets());
        self.gate.throttle.is_paused() && need.is_some_and(|need| need.at <= now)
    }

    fn pace(&self, tracked: &Tracked, watcher: &Watcher, now: Instant) -> Pace {
        let interval = SignedDuration::try_from(watcher.subscription.interval).unwrap_or(SignedDuration::MAX);
        let slower = tracked.period() > watcher.subscription.interval;
        let mut last = tracked.last.as_ref().map(|last| last.how.clone());
        let mut waiting_since = tracked.waiting_since;
        if let Some((failure, since)) = self.gate.throttle.failure().filter(|_| self.is_held_up(tracked, now))
        {
            last = Some(Attempt::Failed(failure.clone()));
            waiting_since = waiting_since.or(Some(since));
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
