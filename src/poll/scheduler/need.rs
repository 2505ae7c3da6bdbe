//! Why a target is polled next, and when.

use std::time::Duration;

use tokio::time::Instant;

use super::fixed_points::{FixedPoints, Pull};
use super::lanes::{Lane, Need};
use crate::poll::targets::{Cause, Tracked, Watcher};

/// Every poll of an open streak is followed by one after this time (contract §5), and nothing but a new spec or a
/// request makes one follow sooner.
const REST: Duration = Duration::from_secs(5);
/// How far fixed points move the polls of a target that is slowed down, in parts of its period. The period changes
/// with the load: a hard pull would shuffle the polls each time, and some would come twice as late as others.
const SOFT_PULL: f64 = 0.1;

impl Tracked {
    /// What it needs next, but for what only new and changed watches of sets ask for; nothing while it is being polled.
    /// `start` is when the account started.
    pub(crate) fn need(&self, points: &FixedPoints, start: Instant) -> Option<Need<Instant>> {
        if self.attempt.is_some() || self.watchers.is_empty() {
            return None;
        }
        let need = match self.cause_without_sets() {
            Cause::Changed(since) => Need::new(Lane::Changed, since),
            Cause::Requested(since) => Need::new(Lane::Refresh, since),
            Cause::Retry(at) => Need::new(self.retry_lane(), at),
            Cause::Streak => Need::new(Lane::Confirm, self.confirm_at(points)),
            Cause::Moved(at) | Cause::Hint(at) => Need::new(Lane::Confirm, self.rested(at)),
            // The clock would say that it is more overdue than everything else.
            Cause::Clock if self.waits_for_sets() => return None,
            Cause::Clock => {
                let at = self.rested(self.due(points, start));
                // How long overdue is meant in periods of its own: a minute late is nothing to a target that is polled
                // every half hour, and much to one that is unwell and polled every other minute.
                Need { lane: Lane::Periodic, at, by: at + self.period() / 4 }
            }
        };
        Some(self.not_before().map_or(need, |from| need.not_before(from)))
    }

    /// What it needs for new and changed watches of sets, unless another watch is new or changed.
    pub(crate) fn need_of_sets(&self) -> Option<Need<Instant>> {
        let since = self.changed_by_sets().filter(|_| self.attempt.is_none())?;
        let need = Need::new(Lane::OfSet, since);
        Some(self.not_before().map_or(need, |from| need.not_before(from)))
    }

    /// A retry keeps the lane of what it is for; the re-check of a permanent error has no hurry.
    fn retry_lane(&self) -> Lane {
        if self.is_stalled() {
            Lane::Periodic
        } else if self.watchers.iter().any(|watcher| watcher.is_new() && !watcher.subscription.of_set) {
            Lane::Changed
        } else if self.watchers.iter().any(Watcher::is_new) {
            Lane::OfSet
        } else if self.confirms() || self.moved.is_some() {
            Lane::Confirm
        } else {
            Lane::Periodic
        }
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
        let polled = self.watchers.iter().filter(|watcher| watcher.subscription.confirm);
        let polled = polled.filter_map(|watcher| watcher.subscription.fresh_since).max();
        polled.map_or(self.since, |at| points.at(at, REST).max(self.since))
    }

    /// When the clock says that it is due. What was never observed, or is too old to be believed, was due before
    /// everything else.
    fn due(&self, points: &FixedPoints, start: Instant) -> Instant {
        let (period, pull) = (self.period(), self.pull());
        if let Some(asked) = self.asked {
            return points.following(self.phase, period, asked + period / 2, pull);
        }
        let fresh: Option<Vec<_>> =
            self.watchers.iter().map(|watcher| watcher.subscription.fresh_since).collect();
        let Some(newest) = fresh.into_iter().flatten().max() else { return start };
        // Before a restart the next poll was due around a period after the last one. If the status holds that
        // one, it still is; if it is older, only the fixed points say when.
        let middle = points.at(newest, period / 2);
        if middle > self.since {
            points.following(self.phase, period, middle, pull)
        } else {
            points.next(self.phase, period, self.since)
        }
    }

    /// How far fixed points move its next poll: all the way while it is polled at its interval, and never closer to
    /// the last one than the interval while it is polled more slowly.
    fn pull(&self) -> Pull {
        let period = self.period();
        let slack = period.saturating_sub(self.interval());
        if slack.is_zero() {
            return Pull { back: period / 2, forth: period / 2 };
        }
        let most = period.mul_f64(SOFT_PULL);
        Pull { back: most.min(slack), forth: most }
    }
}
