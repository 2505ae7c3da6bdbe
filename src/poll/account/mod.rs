//! The account: everything that decides which call is next. No await happens here; the driver awaits.

mod ends;
mod sweeps;
mod wants;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::attempt::Plan;
use super::budget::Budget;
use super::clock::Clock;
use super::due::FixedPoints;
use super::figures::Figures;
use super::lanes::{Lane, Lanes, Next, Open};
use super::lockout::{Admission, Lockout};
use super::meter::Meter;
use super::precheck::Precheck;
use super::seed::{Phase, Seed};
use super::stretch::{Level, Load};
use super::sweep::Sweep;
use super::throttle::Throttle;
use super::tracked::Tracked;
use super::want::WatchId;
use crate::domain::{Failure, Target};

/// How long polls by the clock wait after the start. By then every watch has said what it wants; the first to
/// speak would otherwise be polled at a pace that the account cannot keep for all.
const SETTLE: Duration = Duration::from_secs(10);
/// How much of the budget is planned for. The rest absorbs what cannot be planned, so that lines stay short.
const PLANNED: f64 = 0.99;
/// The part of the budget that polls by the clock have at least, whatever else goes on.
const LEAST: f64 = 0.25;
/// How soon the level follows a change of the load, and how often it is looked at anyway.
const RELEVEL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// What waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Job {
    /// A poll of the target with this key.
    Poll(u64),
    /// A pre-check of the region with this key.
    Sweep(u64),
}

/// One start of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) job: Job,
    pub(super) lane: Lane,
    pub(super) number: u64,
}

/// What the driver does next.
#[derive(Debug)]
pub(super) enum Pick {
    /// Start this; its first call is paid for.
    Start(Turn, Work),
    /// Nothing: a job that waited for its next call may go on.
    Granted,
    /// Wait, until then or until something changes.
    Wait(Option<Instant>),
}

/// What a job does.
#[derive(Debug)]
pub(super) enum Work {
    /// Poll a target.
    Poll(Plan),
    /// List the applications of a region.
    Sweep(Sweep),
}

/// The account, as the handle and the driver share it.
#[derive(Debug)]
pub(super) struct Shared {
    account: Mutex<Account>,
    changed: Notify,
}

impl Shared {
    pub(super) fn new(account: Account) -> Self {
        Self { account: Mutex::new(account), changed: Notify::new() }
    }

    /// The account, for as long as the guard lives. A panic while it was held leaves it as usable as any other
    /// moment: every change is completed before the next await.
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the driver look again.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until something changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// One account with its targets, its budget and its troubles.
#[derive(Debug)]
pub(super) struct Account {
    start: Instant,
    clock: Clock,
    points: FixedPoints,
    calls_per_minute: u32,
    budget: Budget,
    throttle: Throttle,
    /// The newest throttled answer, and since when the account is over its quota.
    throttled: Option<(Failure, Timestamp)>,
    lockout: Lockout,
    lanes: Lanes<Instant, Job>,
    /// Jobs that have begun and wait for their next call.
    permits: HashMap<Job, oneshot::Sender<()>>,
    watches: HashMap<WatchId, u64>,
    keys: HashMap<Arc<Target>, u64>,
    tracked: BTreeMap<u64, Tracked>,
    precheck: Precheck,
    load: Load,
    /// How far intervals stretch.
    level: Level,
    /// With how many targets and at which level all of them were timed last.
    timed: (usize, Level),
    /// Whether the log says that the budget is short.
    is_short: bool,
    /// When the level is looked at next.
    relevel_at: Instant,
    /// Calls that are not planned: confirmations, requests, groups.
    aside: Meter,
    /// The last number given to a target or a job.
    number: u64,
    news: mpsc::UnboundedSender<WatchId>,
    figures: Figures,
}

impl Account {
    pub(super) fn new(
        calls_per_minute: u32,
        clock: Clock,
        news: mpsc::UnboundedSender<WatchId>,
        now: Instant,
    ) -> Self {
        Self {
            start: now,
            points: FixedPoints::new(now, clock.now()),
            clock,
            calls_per_minute,
            budget: Budget::new(calls_per_minute, now),
            throttle: Throttle::new(),
            throttled: None,
            lockout: Lockout::default(),
            lanes: Lanes::new(),
            permits: HashMap::new(),
            watches: HashMap::new(),
            keys: HashMap::new(),
            tracked: BTreeMap::new(),
            precheck: Precheck::new(calls_per_minute),
            load: Load::default(),
            level: Level::default(),
            timed: (0, Level::default()),
            is_short: false,
            relevel_at: now,
            aside: Meter::new(now),
            number: 0,
            news,
            figures: Figures { budget: calls_per_minute, ..Figures::default() },
        }
    }

    /// Decides what happens next.
    pub(super) fn pick(&mut self, now: Instant) -> Pick {
        let relevel_at = self.relevel(now);
        let (Some(in_budget), Some(unthrottled)) = (self.budget.ready_at(), self.throttle.ready_at(now))
        else {
            return Pick::Wait(relevel_at);
        };
        let ready_at = in_budget.max(unthrottled);
        if now < ready_at {
            return Pick::Wait(Some(relevel_at.map_or(ready_at, |at| at.min(ready_at))));
        }
        let settled = self.start + SETTLE;
        let (deepest, probe_at) = match self.lockout.admits(now) {
            Admission::All | Admission::Probe => (Lane::Periodic, None),
            Admission::Urgent { until } => (Lane::Refresh, Some(until)),
            Admission::Nobody => return Pick::Wait(relevel_at),
        };
        let periodic = if now < settled { self.start } else { now };
        match self.lanes.take(Open { now, periodic, deepest }) {
            Some(next) => self.send(next, now),
            None => {
                let due = self.lanes.next_due(now);
                let settled = (now < settled).then_some(settled);
                Pick::Wait([due, settled, probe_at, relevel_at].into_iter().flatten().min())
            }
        }
    }

    /// Spends one call on a job.
    fn send(&mut self, next: Next<Instant, Job>, now: Instant) -> Pick {
        self.budget.spend(now);
        self.throttle.sent();
        self.lockout.sent();
        if next.begun {
            let waits = self.permits.remove(&next.job).is_some_and(|permit| permit.send(()).is_ok());
            if !waits {
                // The driver is stopping. The slot is lost, which is only safe.
                self.budget.unsent();
            }
            return Pick::Granted;
        }
        self.figures.waits.entry(next.lane).or_default().add(now.saturating_duration_since(next.due.at));
        self.number += 1;
        let turn = Turn { job: next.job, lane: next.lane, number: self.number };
        let work = match next.job {
            Job::Poll(key) => self.begin_poll(key, turn, now).map(Work::Poll),
            Job::Sweep(key) => self.begin_sweep(key, turn, now).map(Work::Sweep),
        };
        match work {
            Some(work) => Pick::Start(turn, work),
            None => {
                self.budget.unsent();
                Pick::Granted
            }
        }
    }

    /// Notes what a poll is made for and with what it starts.
    fn begin_poll(&mut self, key: u64, turn: Turn, now: Instant) -> Option<Plan> {
        let wall = self.clock.now();
        let tracked = self.tracked.get_mut(&key)?;
        let covered = self.precheck.covers(&tracked.target, now);
        // A new spec, a request and moved numbers call for a fresh look at the groups.
        let known = tracked.knowledge.groups.as_ref();
        let groups = known.filter(|known| !tracked.has_news() && !known.are_old(covered, now));
        let plan = Plan {
            target: tracked.target.clone(),
            timeout: tracked.timeout(),
            groups: groups.map(|known| known.groups.clone()),
            last: tracked.knowledge.last,
            differences: tracked.knowledge.differences.clone(),
        };
        tracked.attempt = Some(tracked.begin(turn.number, now, wall));
        Some(plan)
    }

    /// A job that has begun needs another call; `None` if nobody wants it any more.
    pub(super) fn go_on(&mut self, turn: Turn) -> Option<oneshot::Receiver<()>> {
        if !self.is_wanted(turn) {
            return None;
        }
        let (permit, granted) = oneshot::channel();
        self.permits.insert(turn.job, permit);
        self.lanes.go_on(turn.job, turn.lane, Instant::now());
        Some(granted)
    }

    fn is_wanted(&self, turn: Turn) -> bool {
        match turn.job {
            Job::Poll(key) => {
                let attempt = self.tracked.get(&key).and_then(|tracked| tracked.attempt.as_ref());
                attempt.is_some_and(|attempt| attempt.number == turn.number && !attempt.withdrawn)
            }
            Job::Sweep(key) => self.precheck.is_wanted(key, turn.number),
        }
    }

    /// Ends an attempt under way whose outcome nobody waits for; its place is kept until its call is back, so
    /// that no second call goes to the same target meanwhile.
    fn withdraw(&mut self, key: u64) {
        let attempt = self.tracked.get_mut(&key).and_then(|tracked| tracked.attempt.as_mut());
        if let Some(attempt) = attempt {
            attempt.withdrawn = true;
            self.permits.remove(&Job::Poll(key));
            self.lanes.drop_begun(Job::Poll(key));
        }
    }

    /// Recounts what a target asks of the budget, and when it is due.
    fn reckon(&mut self, key: u64, now: Instant) {
        let wall = self.clock.now();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        let share = (!tracked.watchers.is_empty()).then(|| tracked.wanted_share(wall));
        if share != tracked.share {
            if let Some(old) = tracked.share {
                self.load.remove(old);
            }
            if let Some(new) = share {
                self.load.add(new);
            }
            tracked.share = share;
            tracked.level = self.level;
            self.relevel_at = self.relevel_at.min(now + RELEVEL.0);
        }
        self.time(key);
    }

    /// Puts a target where its needs belong, and tells its watches if its pace shows otherwise.
    fn time(&mut self, key: u64) {
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        if tracked.show() {
            tell(&self.news, tracked);
        }
        self.lanes.set(Job::Poll(key), tracked.needs(&self.points, self.start));
    }

    /// Looks whether intervals must stretch more, or may stretch less; says when to look again.
    fn relevel(&mut self, now: Instant) -> Option<Instant> {
        if self.tracked.is_empty() {
            return None;
        }
        let settled = self.start + SETTLE;
        if now >= self.relevel_at {
            self.relevel_at = if now < settled { settled } else { now + RELEVEL.1 };
            let spoken_for = self.precheck.calls_per_minute() + self.aside.per_minute(now);
            let budget = f64::from(self.calls_per_minute);
            let available = (budget * PLANNED - spoken_for).max(budget * LEAST);
            self.level = self.load.level(available);
            self.log_level(available);
            let is_new = self.timed.0 != self.tracked.len() && now <= settled + RELEVEL.0;
            if is_new || self.level.is_far_from(self.timed.1) {
                self.time_all();
            }
        }
        Some(self.relevel_at)
    }

    /// Times every target by the level in force. While intervals are stretched there is no slack to absorb targets
    /// that happen to draw the same phase, so the phases are spread evenly then.
    fn time_all(&mut self) {
        self.timed = (self.tracked.len(), self.level);
        let mut order: Vec<(Seed, u64)> = self.tracked.iter().map(|(key, one)| (one.seed, *key)).collect();
        order.sort_unstable();
        for (rank, (seed, key)) in order.iter().enumerate() {
            if let Some(tracked) = self.tracked.get_mut(key) {
                tracked.level = self.level;
                let is_stretched = self.level.is_stretched();
                tracked.phase = if is_stretched { Phase::of_rank(rank, order.len()) } else { seed.phase() };
            }
            self.time(*key);
        }
    }

    fn log_level(&mut self, available: f64) {
        let wanted = self.load.calls_per_minute(Level::default());
        let targets = self.tracked.len();
        if self.level.is_stretched() && !self.is_short {
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

/// Tells every watch of a target that something about it changed.
fn tell(news: &mpsc::UnboundedSender<WatchId>, tracked: &Tracked) {
    tracked.watchers.keys().for_each(|id| tell_one(news, id));
}

fn tell_one(news: &mpsc::UnboundedSender<WatchId>, id: &WatchId) {
    // Nobody listens any more only when the operator is stopping.
    let _ = news.send(id.clone());
}
