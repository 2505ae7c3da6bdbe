//! One target that is polled: who watches it, and what is known of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::knowledge::Knowledge;
use super::priority::{self, Priority};
use super::seed::{Phase, Seed};
use super::slowdown::{Share, Slowdown};
use super::watchers::Watchers;
use crate::domain::{Attempt, FailureClass, Observation, Target};
use crate::poll::gate::backoff;
use crate::poll::subscription::WatchId;

/// The longest interval that a watch can ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// One target.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) target: Arc<Target>,
    pub(crate) seed: Seed,
    /// Where its fixed points lie.
    pub(crate) phase: Phase,
    pub(crate) watchers: Watchers,
    /// What the next poll needs to know of the ones before.
    pub(crate) knowledge: Knowledge,
    /// The newest good answer, until every watch has rendered it.
    pub(crate) observation: Option<Arc<Observation>>,
    /// When the newest attempt that was not throttled began.
    pub(crate) asked: Option<Instant>,
    /// How the newest attempt ended.
    pub(crate) last: Option<Ended>,
    /// Failed attempts in a row.
    pub(crate) failures: u32,
    /// Since when an answer has been waited for.
    pub(crate) waiting_since: Option<Timestamp>,
    /// Not to be polled by the clock before, after an attempt that failed.
    pub(crate) retry_at: Option<Instant>,
    /// When the pre-check saw its counts move.
    pub(crate) moved: Option<Instant>,
    /// The attempt under way.
    pub(crate) attempt: Option<Box<Started>>,
    /// When it was first wanted.
    pub(crate) since: Instant,
    /// The slowdown by which its next poll is timed. It follows the account's with each poll and not at once: if
    /// all targets followed together, each swing of the load would leave the account idle for a while and then
    /// put everybody in line.
    pub(crate) slowdown: Slowdown,
    /// What it asks of the budget, as counted last.
    pub(crate) share: Option<Share>,
    /// The pace as shown: its period in steps.
    pub(crate) shown: SignedDuration,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) at: Instant,
    pub(crate) how: Attempt,
}

/// An attempt under way.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) wall: Timestamp,
    /// For which generation and request of each watch, in the order of their names.
    pub(crate) made_for: Vec<(WatchId, i64, Option<String>)>,
    /// When the pre-check saw what this attempt is to look at.
    pub(crate) moved: Option<Instant>,
    /// Everybody who wanted it has left, or knows the outcome already.
    pub(crate) withdrawn: bool,
}

impl Started {
    /// Whether it was made for this watch.
    pub(crate) fn is_for(&self, id: &WatchId) -> bool {
        self.made_for.binary_search_by(|(other, ..)| other.cmp(id)).is_ok()
    }
}

impl Tracked {
    pub(crate) fn new(target: Arc<Target>, now: Instant) -> Self {
        let seed = Seed::new(&target);
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
            slowdown: Slowdown::default(),
            share: None,
            shown: SignedDuration::ZERO,
        }
    }

    /// Notes what an attempt that begins now is made for.
    pub(crate) fn begin(&mut self, number: u64, now: Instant, wall: Timestamp) -> Started {
        let made_for = self.watchers.iter().map(|(id, watcher)| {
            (id.clone(), watcher.subscription.generation, watcher.subscription.request.clone())
        });
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
    pub(crate) fn is_asked_for(&self) -> bool {
        self.watchers.values().any(|watcher| watcher.changed.or(watcher.requested).is_some())
    }

    /// The smallest interval of its watches; the longest there is when it has none.
    pub(crate) fn interval(&self) -> Duration {
        self.watchers.values().map(|watcher| watcher.subscription.interval).min().unwrap_or(LONGEST_INTERVAL)
    }

    /// The largest timeout of its watches.
    pub(crate) fn timeout(&self) -> Duration {
        self.watchers.values().map(|watcher| watcher.subscription.timeout).max().unwrap_or_default()
    }

    /// Whether the newest attempt ended in an error that stays until somebody acts.
    pub(crate) fn is_stalled(&self) -> bool {
        match self.last.as_ref().map(|last| &last.how) {
            Some(Attempt::Failed(failure)) => matches!(failure.class, FailureClass::Permanent(_)),
            Some(Attempt::Observed) | None => false,
        }
    }

    /// What it asks of the budget. A stalled target is asked rarely, and is not stretched further.
    pub(crate) fn wanted_share(&self, now: Timestamp) -> Share {
        let calls = self.knowledge.calls.max(1);
        if self.is_stalled() {
            let priority = Priority::FIXED;
            return Share::new(priority, 1, backoff::after_permanent(self.interval()));
        }
        let closest =
            self.watchers.values().map(|watcher| priority::priority(watcher.subscription.attention, now));
        let closest = closest.max().unwrap_or(Priority::QUIET);
        // While it fails nobody knows how it is.
        let priority = if self.failures > 0 { closest.max(Priority::UNWELL) } else { closest };
        Share::new(priority, calls, self.interval())
    }

    /// The time between its polls.
    pub(crate) fn period(&self) -> Duration {
        let priority = self.share.map_or(Priority::QUIET, |share| share.priority);
        self.slowdown.period(self.interval(), priority)
    }

    /// The longest wait before a retry: the time between polls of an unwell application, since nobody knows how
    /// this one is.
    pub(crate) fn longest_wait(&self) -> Duration {
        let priority = self.share.map_or(Priority::UNWELL, |share| share.priority.max(Priority::UNWELL));
        self.slowdown.period(self.interval(), priority)
    }
}
