//! When a target is to be polled next, and why.

use std::time::Duration;

use tokio::time::Instant;

use super::due::FixedPoints;
use super::lanes::{Lane, Need};
use super::tracked::{Tracked, Watcher};

/// Every poll of an open streak is followed by one after this time (contract §5), and nothing but a new spec or a
/// request makes one follow sooner.
const REST: Duration = Duration::from_secs(5);
/// How far fixed points draw polls towards them, in parts of a period, while intervals are stretched. The period
/// moves with the load then: a hard pull would shuffle the polls each time, and some would come twice as late as
/// others.
const SOFT_PULL: f64 = 0.1;
/// The same while the budget carries every interval: all the way, at once.
const HARD_PULL: f64 = 0.5;

impl Tracked {
    /// What it needs next; nothing while it is being polled. `start` is when the account started.
    pub(super) fn need(&self, points: &FixedPoints, start: Instant) -> Option<Need<Instant>> {
        if self.attempt.is_some() || self.watchers.is_empty() {
            return None;
        }
        let watchers = || self.watchers.values();
        let need = if let Some(since) = watchers().filter_map(|watcher| watcher.changed).min() {
            Need::new(Lane::Changed, since)
        } else if let Some(since) = watchers().filter_map(|watcher| watcher.requested).min() {
            Need::new(Lane::Refresh, since)
        } else if let Some(at) = self.retry_at {
            Need::new(self.retry_lane(), at)
        } else if self.confirms() {
            Need::new(Lane::Confirm, self.confirm_at(points))
        } else if let Some(moved) = self.moved {
            Need::new(Lane::Confirm, self.rested(moved))
        } else {
            let at = self.rested(self.due(points, start));
            // How long overdue is meant in periods of its own: a minute late is nothing to a target that is polled
            // every half hour, and much to one that is unwell and polled every other minute.
            Need { lane: Lane::Periodic, at, by: at + self.period() / 4 }
        };
        Some(need)
    }

    /// A retry keeps the lane of what it is for; the re-check of a permanent error has no hurry.
    fn retry_lane(&self) -> Lane {
        if self.is_stalled() {
            Lane::Periodic
        } else if self.watchers.values().any(Watcher::is_new) {
            Lane::Changed
        } else if self.confirms() || self.moved.is_some() {
            Lane::Confirm
        } else {
            Lane::Periodic
        }
    }

    fn confirms(&self) -> bool {
        self.watchers.values().any(|watcher| watcher.want.confirm)
    }

    /// Not before the last poll has been over for a moment.
    fn rested(&self, at: Instant) -> Instant {
        self.last.as_ref().map_or(at, |last| at.max(last.at + REST))
    }

    /// When an open streak is to be followed up: soon after its poll, also if that was before a restart.
    fn confirm_at(&self, points: &FixedPoints) -> Instant {
        if let Some(last) = &self.last {
            return last.at + REST;
        }
        let polled = self.watchers.values().filter(|watcher| watcher.want.confirm);
        let polled = polled.filter_map(|watcher| watcher.want.fresh_since).max();
        polled.map_or(self.since, |at| points.at(at, REST).max(self.since))
    }

    /// When the clock says that it is due. What was never observed, or is too old to be believed, was due before
    /// everything else.
    fn due(&self, points: &FixedPoints, start: Instant) -> Instant {
        let period = self.period();
        let Some(asked) = self.asked else {
            let is_stale = self.watchers.values().any(|watcher| watcher.want.fresh_since.is_none());
            return if is_stale { start } else { points.next(self.phase, period, self.since) };
        };
        let pull = if self.level.is_stretched() { SOFT_PULL } else { HARD_PULL };
        points.following(self.phase, period, asked, pull)
    }
}
