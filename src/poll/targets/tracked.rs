//! One target that is polled, or an application that waits for its id: who watches it, and what is known of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::cause::Cause;
use super::hints::HintHistory;
use super::inquiry::Inquiry;
use super::key::RunNumber;
use super::knowledge::Knowledge;
use super::names::ONCE_IN;
use super::precheck::Numbers;
use super::priority::Priority;
use super::seed::{Phase, Seed};
use super::slowdown::{Share, Slowdown};
use super::watchers::{Watcher, Watchers};
use crate::api::AccountName;
use crate::domain::{Attempt, Failure, FailureClass, Named, Observation, Reason, Target, interval_steps};
use crate::poll::gate::{backoff, is_refusal};

/// The longest interval that a watch can ask for.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// One target.
#[derive(Debug)]
pub(crate) struct Tracked {
    /// `None` for an application that is known by its name alone: there is nothing to poll until it has an id.
    pub(crate) target: Option<Arc<Target>>,
    /// The application's name, once a list has said it.
    pub(crate) named: Option<Arc<Named>>,
    /// Whether its region was listed for its name.
    pub(crate) name_sought: bool,
    pub(crate) seed: Seed,
    /// Where its fixed points lie.
    pub(crate) phase: Phase,
    pub(crate) watchers: Watchers,
    /// What the next poll needs to know of the ones before.
    pub(crate) knowledge: Knowledge,
    /// The newest good answer, until the status of every watch holds it.
    pub(crate) observation: Option<Arc<Observation>>,
    /// When the newest attempt that was not throttled began.
    pub(crate) asked: Option<Instant>,
    /// How the newest attempt ended.
    pub(crate) last: Option<Ended>,
    /// Failed attempts in a row.
    pub(crate) failures: u32,
    /// Since when an answer is missing.
    pub(crate) waiting_since: Option<Timestamp>,
    /// Not to be polled by the clock before, after an attempt that failed.
    pub(crate) retry_at: Option<Instant>,
    /// When the pre-check saw its counts move.
    pub(crate) moved: Option<Instant>,
    /// Until when it waits to be polled for a hint.
    pub(crate) hint_at: Option<Instant>,
    /// When it was let through to be polled for a hint.
    pub(crate) hinted: Option<Instant>,
    pub(crate) hints: HintHistory,
    /// Why it is unwell, while that is asked or was lately. Boxed, since nearly always it is not.
    pub(crate) inquiry: Option<Box<Inquiry>>,
    /// The attempt under way.
    pub(crate) attempt: Option<Box<Started>>,
    /// When it was first wanted.
    pub(crate) since: Instant,
    /// The slowdown by which its next poll is timed. It follows the account's with each poll and not at once: if
    /// all targets followed together, each swing of the load would leave the account idle for a while and then
    /// make all polls due at once.
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
    pub(crate) number: RunNumber,
    pub(crate) at: Instant,
    pub(crate) wall: Timestamp,
    /// When the pre-check saw what this attempt is to poll for.
    pub(crate) moved: Option<Instant>,
    pub(crate) cause: Cause,
    /// No watch needs the outcome: all have left, or have it already.
    pub(crate) withdrawn: bool,
}

impl Tracked {
    pub(crate) fn new(target: Arc<Target>, now: Instant) -> Self {
        let seed = Seed::new(&target);
        Self { target: Some(target), ..Self::unresolved(seed, now) }
    }

    /// An application that is known by its name alone.
    pub(crate) fn unresolved(seed: Seed, now: Instant) -> Self {
        Self {
            phase: seed.phase(),
            seed,
            target: None,
            named: None,
            name_sought: false,
            watchers: Watchers::default(),
            knowledge: Knowledge::default(),
            observation: None,
            asked: None,
            last: None,
            failures: 0,
            waiting_since: None,
            retry_at: None,
            moved: None,
            hint_at: None,
            hinted: None,
            hints: HintHistory::default(),
            inquiry: None,
            attempt: None,
            since: now,
            slowdown: Slowdown::default(),
            share: None,
            shown: SignedDuration::ZERO,
        }
    }

    /// Whether a watch of this SaeAccount wants it.
    pub(crate) fn is_of(&self, account: &AccountName) -> bool {
        let account_of = |target: &Arc<Target>| target.account.clone();
        self.target.as_ref().and_then(account_of).is_some_and(|one| one.name == *account)
    }

    /// Notes what an attempt that begins now is made for.
    pub(crate) fn begin(&mut self, number: RunNumber, now: Instant, wall: Timestamp) -> Started {
        let cause = self.cause();
        self.watchers.iter_mut().for_each(Watcher::begin);
        // Whatever it is for, this poll sees what the hint is about.
        self.hinted = None;
        Started { number, at: now, wall, moved: self.moved.take(), cause, withdrawn: false }
    }

    /// Why it is polled next.
    pub(crate) fn cause(&self) -> Cause {
        let changed = self.watchers.iter().filter_map(|watcher| watcher.changed).min();
        changed.map_or_else(|| self.cause_without_changes(), Cause::Changed)
    }

    /// The same without new and changed watches of sets, which have a lane of their own.
    pub(crate) fn cause_without_sets(&self) -> Cause {
        self.changed_by_hand().map_or_else(|| self.cause_without_changes(), Cause::Changed)
    }

    /// Since when a watch that no set made is new or changed.
    fn changed_by_hand(&self) -> Option<Instant> {
        let by_hand = self.watchers.iter().filter(|watcher| !watcher.subscription.of_set);
        by_hand.filter_map(|watcher| watcher.changed).min()
    }

    /// Since when a watch of a set is new or changed, while no other is.
    pub(crate) fn changed_by_sets(&self) -> Option<Instant> {
        let changed = self.watchers.iter().filter_map(|watcher| watcher.changed).min();
        changed.filter(|_| self.changed_by_hand().is_none())
    }

    /// Whether it waits for its first poll, which nothing but a set asks for. Until then the clock has nothing to count from.
    pub(crate) fn waits_for_sets(&self) -> bool {
        let was_observed = || self.watchers.iter().any(|watcher| watcher.subscription.fresh_since.is_some());
        self.changed_by_sets().is_some() && self.asked.is_none() && !was_observed()
    }

    fn cause_without_changes(&self) -> Cause {
        let watchers = || self.watchers.iter();
        if let Some(since) = watchers().filter_map(|watcher| watcher.requested).min() {
            Cause::Requested(since)
        } else if let Some(at) = self.retry_at {
            Cause::Retry(at)
        } else if self.confirms() {
            Cause::Streak
        } else if let Some(at) = self.moved {
            Cause::Moved(at)
        } else if let Some(at) = self.hinted {
            Cause::Hint(at)
        } else {
            Cause::Clock
        }
    }

    /// Whether a streak is open. One that is known from before the newest answer does not count: the answer may
    /// have ended it, and until the status can hold it, more of them would be for nothing.
    pub(crate) fn confirms(&self) -> bool {
        self.watchers.iter().any(|watcher| watcher.subscription.confirm && !watcher.unacknowledged)
    }

    /// Whether a watch asks for a poll: with a new spec, or by a request.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.watchers.iter().any(|watcher| watcher.changed.or(watcher.requested).is_some())
    }

    /// Whether it may not wait for anything: a request, or a new spec that no set wrote.
    pub(crate) fn is_urgent(&self) -> bool {
        let is_requested = || self.watchers.iter().any(|watcher| watcher.requested.is_some());
        self.changed_by_hand().is_some() || is_requested()
    }

    /// The smallest interval of its watches; the longest there is when it has none.
    pub(crate) fn interval(&self) -> Duration {
        self.watchers.iter().map(|watcher| watcher.subscription.interval).min().unwrap_or(LONGEST_INTERVAL)
    }

    /// The largest timeout of its watches.
    pub(crate) fn timeout(&self) -> Duration {
        self.watchers.iter().map(|watcher| watcher.subscription.timeout).max().unwrap_or_default()
    }

    /// How the newest attempt failed, if it did.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match &self.last.as_ref()?.how {
            Attempt::Failed(failure) => Some(failure),
            Attempt::Observed => None,
        }
    }

    /// The reason of the newest attempt's error, if that stays until somebody acts.
    pub(crate) fn failed_for(&self) -> Option<Reason> {
        match self.failure()?.class {
            FailureClass::Permanent(reason) => Some(reason),
            FailureClass::Throttled | FailureClass::Transient => None,
        }
    }

    /// From when on SAE may be asked for its name again, after an answer to that.
    pub(crate) fn not_before(&self) -> Option<Instant> {
        let is_answered = self.target.is_none() && self.failure().is_some_and(is_refusal);
        self.last.as_ref().filter(|_| is_answered).map(|last| last.at + ONCE_IN)
    }

    /// Whether a watch that does not know the application's name would show it.
    pub(crate) fn wants_name(&self) -> bool {
        let is_by_id = |watcher: &Watcher| watcher.subscription.target.named().is_none();
        self.named.is_none() && !self.name_sought && self.watchers.iter().any(is_by_id)
    }

    /// Whether the newest attempt ended in an error that stays until somebody acts.
    pub(crate) fn is_stalled(&self) -> bool {
        self.failure().is_some_and(backoff::is_permanent)
    }

    /// What it asks of the budget. A stalled target is asked rarely, and is not slowed down further.
    pub(crate) fn wanted_share(&self, now: Timestamp) -> Share {
        let calls = self.knowledge.calls.max(1);
        if self.target.is_none() {
            // The calls for its name are not planned.
            return Share::new(Priority::FIXED, 0, self.interval());
        }
        if self.waits_for_sets() {
            // Its health is unknown. Hundreds that counted as unwell would take all but a fortieth from those that are well.
            return Share::new(Priority::FIXED, 0, self.interval());
        }
        if self.is_stalled() {
            return Share::new(Priority::FIXED, 1, backoff::after_permanent(self.interval()));
        }
        let highest = self.watchers.iter().map(|watcher| Priority::new(watcher.subscription.attention, now));
        let highest = highest.max().unwrap_or(Priority::QUIET);
        // While it fails, its health is unknown.
        let priority = if self.failures > 0 { highest.max(Priority::UNWELL) } else { highest };
        Share::new(priority, calls, self.interval())
    }

    /// The time between its polls.
    pub(crate) fn period(&self) -> Duration {
        self.period_at(self.slowdown)
    }

    /// What the time between its polls would be at a slowdown.
    pub(crate) fn period_at(&self, slowdown: Slowdown) -> Duration {
        let priority = self.share.map_or(Priority::QUIET, |share| share.priority);
        slowdown.period(self.interval(), priority)
    }

    /// The longest wait before a retry: the time between polls of an unwell application, since the health of
    /// this one is unknown.
    pub(crate) fn longest_wait(&self) -> Duration {
        let priority = self.share.map_or(Priority::UNWELL, |share| share.priority.max(Priority::UNWELL));
        self.slowdown.period(self.interval(), priority)
    }

    /// Drops the observation once the status of every watch holds it.
    pub(crate) fn drop_acknowledged(&mut self) {
        if self.watchers.iter().all(|watcher| !watcher.unacknowledged) {
            self.observation = None;
        }
    }

    /// Brings the shown pace up to date; whether it changed. It decreases only when it would stay so, so that a pace
    /// that swings around a step is not written with each swing.
    pub(crate) fn update_shown(&mut self) -> bool {
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

    /// Whether a poll since then has seen these numbers already, so that another one would bring nothing new.
    pub(crate) fn has_seen(&self, numbers: Numbers, since: Option<Instant>) -> bool {
        let is_whole =
            self.target.as_ref().is_some_and(|target| target.groups.is_none() && !target.is_filtered());
        let is_answered = self.last.is_some() && self.failure().is_none();
        let polled_since = since.is_some() && self.asked >= since;
        let same = self.knowledge.headcount.is_some_and(|tally| {
            tally.desired == numbers.wanted && i64::try_from(tally.running).ok() == numbers.running
        });
        is_whole && is_answered && polled_since && same
    }
}
