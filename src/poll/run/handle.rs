//! The polls as the operator sees them: it subscribes each watch, is notified of changes, and takes the newest
//! answer.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::driver::drive;
use super::shared::Shared;
use crate::api::{AccountName, RegionId};
use crate::domain::set::RegionLists;
use crate::poll::scheduler::{RegionStats, Scheduler, Stats};
use crate::poll::subscription::{SetId, Snapshot, Subscription, WatchId};
use crate::sae::{Api, Clock};
use crate::telemetry::Watchdog;

/// How the polls of an account are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The SaeAccount, as log lines name it; none for the operator's own keys.
    pub account: Option<AccountName>,
    /// How many calls may start in any 60 s, from 1 to 6000.
    pub calls_per_minute: u32,
    /// The wall clock.
    pub clock: Clock,
}

impl Settings {
    /// A budget of `calls_per_minute`, and the machine's clock.
    pub(crate) fn new(calls_per_minute: u32) -> Self {
        Self { account: None, calls_per_minute, clock: Clock::system() }
    }
}

/// Something about this watch changed: an answer, a failure, another pace.
pub type News = mpsc::UnboundedReceiver<WatchId>;

/// Where the polls of each account announce their news. Clones send to the same receiver.
pub type NewsSender = mpsc::UnboundedSender<WatchId>;

/// A list of a region ended that this set reads.
pub type ListNews = mpsc::UnboundedReceiver<SetId>;

/// Where the lists that a set reads are announced.
pub type ListNewsSender = mpsc::UnboundedSender<SetId>;

/// The handle of an account's polls. Cheap to clone; nothing here waits or calls SAE.
#[derive(Debug, Clone)]
pub struct Polls(Arc<Shared>);

/// Handles of one scheduler are equal.
impl PartialEq for Polls {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A channel for the news of all accounts.
pub fn news() -> (NewsSender, News) {
    mpsc::unbounded_channel()
}

/// Starts the polls of one account; they end when `stop` is cancelled. The first call goes out 60 s divided by
/// `calls_per_minute` from now.
///
/// Must be called within a tokio runtime.
pub fn start<A: Api>(api: Arc<A>, settings: Settings, news: NewsSender, stop: CancellationToken) -> Polls {
    let Settings { account, calls_per_minute, clock } = settings;
    let scheduler = Scheduler::new(account, calls_per_minute, clock, news, Instant::now());
    let shared = Arc::new(Shared::new(scheduler));
    tokio::spawn(drive(api, shared.clone(), stop));
    Polls(shared)
}

impl Polls {
    /// Adds a watch, or replaces what it asked for before. The same subscription again changes nothing.
    pub fn subscribe(&self, id: &WatchId, subscription: Subscription) {
        // Nearly always it is the same as before, and then the driver need not decide again.
        if self.0.scheduler().subscribe(id, subscription, Instant::now()) {
            self.0.wake();
        }
    }

    /// Drops a watch that was deleted or suspended: its calls end at once, and nothing of it is kept.
    pub fn unsubscribe(&self, id: &WatchId) {
        self.0.scheduler().unsubscribe(id, Instant::now());
        self.0.wake();
    }

    /// What is known for a watch now; `None` without a subscription.
    pub fn latest(&self, id: &WatchId) -> Option<Snapshot> {
        self.0.scheduler().latest(id, Instant::now())
    }

    /// The status of a watch holds this snapshot. An observation is dropped once every watch on its target has
    /// acknowledged it.
    pub fn acknowledge(&self, id: &WatchId, snapshot: &Snapshot) {
        if self.0.scheduler().acknowledge(id, snapshot) {
            self.0.wake();
        }
    }

    /// Has the applications of these regions listed for a set, and the set notified of each list that ends; replaces what
    /// it read before. A region that is new to all sets is listed at once. Without regions, nothing is listed for it any
    /// more.
    pub fn read_lists(&self, set: &SetId, regions: BTreeSet<RegionId>, news: &ListNewsSender) {
        if self.0.scheduler().read_lists(set, regions, news, Instant::now()) {
            self.0.wake();
        }
    }

    /// How the lists of a region stand that any set reads.
    pub fn lists(&self, region: &RegionId) -> RegionLists {
        self.0.scheduler().lists(region)
    }

    /// The credentials may have changed, so that rejected ones are tried again at once.
    pub fn credentials_changed(&self) {
        self.0.scheduler().credentials_changed(Instant::now());
        self.0.wake();
    }

    /// Changes how many calls may start in any 60 s, from 1 to 6000, from now on. In the 60 s around the change they may
    /// be as many as the larger of the two numbers. The same number again changes nothing.
    pub fn set_budget(&self, calls_per_minute: u32) {
        // Each change of any account sets the budgets of all.
        if self.0.scheduler().set_budget(calls_per_minute, Instant::now()) {
            self.0.wake();
        }
    }

    /// The regions in which SAE has answered for this SaeAccount's watches, those with the most watched applications
    /// first. The operator's own keys may serve other watches too, which do not count.
    pub fn regions(&self, account: &AccountName) -> Vec<RegionStats> {
        self.0.scheduler().regions(account)
    }

    /// Calls a minute that are needed to poll every target of this SaeAccount at its interval.
    pub fn wanted(&self, account: &AccountName) -> f64 {
        self.0.scheduler().wanted(account)
    }

    /// The watchdog of the scheduler.
    pub(crate) fn watchdog(&self) -> &Watchdog {
        self.0.watchdog()
    }

    pub(crate) fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(&self.0)
    }

    /// How the polls stand, for metrics.
    pub fn stats(&self) -> Stats {
        self.0.scheduler().stats(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_same_budget_again_does_not_wake_the_driver() {
        let scheduler = Scheduler::new(None, 30, Clock::system(), news().0, Instant::now());
        let polls = Polls(Arc::new(Shared::new(scheduler)));
        let wakes = |budget| {
            polls.set_budget(budget);
            polls.0.changed().now_or_never().is_some()
        };
        assert!(!wakes(30));
        assert!(wakes(60));
        assert!(!wakes(60));
    }
}
