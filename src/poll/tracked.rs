//! One target that is polled: who watches it, and what is known of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::attention::{self, Closeness};
use super::plan::Knowledge;
use super::retry;
use super::seed::{Phase, Seed};
use super::stretch::{Level, Share};
use super::want::WatchId;
use super::watchers::Watchers;
use crate::domain::{Attempt, FailureClass, Observation, Target};

/// The longest interval that a watch can ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// One target.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) target: Arc<Target>,
    pub(super) seed: Seed,
    /// Where its fixed points lie.
    pub(super) phase: Phase,
    pub(super) watchers: Watchers,
    /// What the next poll needs to know of the ones before.
    pub(super) knowledge: Knowledge,
    /// The newest good answer, until every watch has rendered it.
    pub(super) observation: Option<Arc<Observation>>,
    /// When the newest attempt that was not throttled began.
    pub(super) asked: Option<Instant>,
    /// How the newest attempt ended.
    pub(super) last: Option<Ended>,
    /// Failed attempts in a row.
    pub(super) failures: u32,
    /// Since when an answer has been waited for.
    pub(super) waiting_since: Option<Timestamp>,
    /// Not to be polled by the clock before, after an attempt that failed.
    pub(super) retry_at: Option<Instant>,
    /// When the pre-check saw its counts move.
    pub(super) moved: Option<Instant>,
    /// The attempt under way.
    pub(super) attempt: Option<Box<Started>>,
    /// When it was first wanted.
    pub(super) since: Instant,
    /// The level by which its next poll is timed. It follows the account's with each poll and not at once: if
    /// all targets followed together, each swing of the load would leave the account idle for a while and then
    /// put everybody in line.
    pub(super) level: Level,
    /// What it asks of the budget, as counted last.
    pub(super) share: Option<Share>,
    /// The pace as shown: its period in steps.
    pub(super) shown: SignedDuration,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) at: Instant,
    pub(super) how: Attempt,
}

/// An attempt under way.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) number: u64,
    pub(super) at: Instant,
    pub(super) wall: Timestamp,
    /// For which generation and request of each watch, in the order of their names.
    pub(super) made_for: Vec<(WatchId, i64, Option<String>)>,
    /// When the pre-check saw what this attempt is to look at.
    pub(super) moved: Option<Instant>,
    /// Everybody who wanted it has left, or knows the outcome already.
    pub(super) withdrawn: bool,
}

impl Started {
    /// Whether it was made for this watch.
    pub(super) fn is_for(&self, id: &WatchId) -> bool {
        self.made_for.binary_search_by(|(other, ..)| other.cmp(id)).is_ok()
    }
}

impl Tracked {
    pub(super) fn new(target: Arc<Target>, now: Instant) -> Self {
        let seed = Seed::of(&target);
        Self {
            phase: seed.phase(),
            seed,
            target,
            watchers: Watchers::default(),
            knowledge: Knowledge::default(),
            observation: None,
            asked: None,
            last: None,
            failures: 0,
            waiting_since: None,
            retry_at: None,
            moved: None,
            attempt: None,
            since: now,
            level: Level::default(),
            share: None,
            shown: SignedDuration::ZERO,
        }
    }

    /// Notes what an attempt that begins now is made for.
    pub(super) fn begin(&mut self, number: u64, now: Instant, wall: Timestamp) -> Started {
        let made_for = self
            .watchers
            .iter()
            .map(|(id, watcher)| (id.clone(), watcher.want.generation, watcher.want.request.clone()));
        Started {
            number,
            at: now,
            wall,
            made_for: made_for.collect(),
            moved: self.moved.take(),
            withdrawn: false,
        }
    }

    /// Whether somebody asks for a poll: with a new spec, or by a request.
    pub(super) fn is_asked_for(&self) -> bool {
        self.watchers.values().any(|watcher| watcher.changed.or(watcher.requested).is_some())
    }

    /// The smallest interval of its watches; the longest there is when it has none.
    pub(super) fn interval(&self) -> Duration {
        self.watchers.values().map(|watcher| watcher.want.interval).min().unwrap_or(LONGEST_INTERVAL)
    }

    /// The largest timeout of its watches.
    pub(super) fn timeout(&self) -> Duration {
        self.watchers.values().map(|watcher| watcher.want.timeout).max().unwrap_or_default()
    }

    /// Whether the newest attempt ended in an error that stays until somebody acts.
    pub(super) fn is_stalled(&self) -> bool {
        match self.last.as_ref().map(|last| &last.how) {
            Some(Attempt::Failed(failure)) => matches!(failure.class, FailureClass::Permanent(_)),
            Some(Attempt::Observed) | None => false,
        }
    }

    /// What it asks of the budget. A stalled target is asked rarely, and is not stretched further.
    pub(super) fn wanted_share(&self, now: Timestamp) -> Share {
        let calls = self.knowledge.calls.max(1);
        if self.is_stalled() {
            let closeness = Closeness::FIXED;
            return Share::new(closeness, 1, retry::after_permanent(self.interval()));
        }
        let closest = self.watchers.values().map(|watcher| attention::closeness(watcher.want.attention, now));
        let closest = closest.max().unwrap_or(Closeness::QUIET);
        // While it fails nobody knows how it is.
        let closeness = if self.failures > 0 { closest.max(Closeness::UNWELL) } else { closest };
        Share::new(closeness, calls, self.interval())
    }

    /// The time between its polls.
    pub(super) fn period(&self) -> Duration {
        let closeness = self.share.map_or(Closeness::QUIET, |share| share.closeness);
        self.level.period(self.interval(), closeness)
    }

    /// The longest wait before a retry: the time between polls of an unwell application, since nobody knows how
    /// this one is.
    pub(super) fn longest_wait(&self) -> Duration {
        let closeness = self.share.map_or(Closeness::UNWELL, |share| share.closeness.max(Closeness::UNWELL));
        self.level.period(self.interval(), closeness)
    }
}
