//! The account: everything that decides which call is next. No await happens here; the driver awaits.

mod ends;
mod precheck;
mod wants;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
use super::stretch::{Load, Stretch};
use super::throttle::Throttle;
use super::tracked::{Started, Tracked};
use super::want::WatchId;
use crate::api::RegionId;
use crate::domain::Target;
use crate::telemetry::Pulse;

/// How long polls by the clock wait after the start. By then every watch has said what it wants; the first to
/// speak would otherwise be polled at a pace that the account cannot keep for all.
const SETTLE: Duration = Duration::from_secs(10);
/// How much of the budget is planned for. The rest absorbs what cannot be planned, so that lines stay short.
const PLANNED: f64 = 0.97;
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
    Sweep(RegionId),
}

/// The account, as the handle and the driver share it.
#[derive(Debug)]
pub(super) struct Shared {
    account: Mutex<Account>,
    changed: Notify,
    pulse: Pulse,
}

impl Shared {
    pub(super) fn new(account: Account) -> Self {
        Self { account: Mutex::new(account), changed: Notify::new(), pulse: Pulse::new() }
    }

    /// The account, for as long as the guard lives. A panic while it was held leaves it as usable as any other
    /// moment: every change is completed before the next await.
    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pulse of the driver.
    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
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
    lockout: Lockout,
    lanes: Lanes<Instant, Job>,
    /// Jobs that have begun and wait for their next call.
    permits: HashMap<Job, oneshot::Sender<()>>,
    watches: HashMap<WatchId, u64>,
    keys: HashMap<Arc<Target>, u64>,
    tracked: BTreeMap<u64, Tracked>,
    precheck: precheck::Precheck,
    load: Load,
    stretch: Stretch,
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
            lockout: Lockout::default(),
            lanes: Lanes::new(),
            permits: HashMap::new(),
            watches: HashMap::new(),
            keys: HashMap::new(),
            tracked: BTreeMap::new(),
            precheck: precheck::Precheck::new(calls_per_minute),
            load: Load::default(),
            stretch: Stretch::default(),
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
            // Its job waits on the other end, or was withdrawn; then the slot is lost, which is only safe.
            let waits = self.permits.remove(&next.job).is_some_and(|permit| permit.send(()).is_ok());
            if !waits {
                self.budget.returned();
            }
            return Pick::Granted;
        }
        self.figures.waits.entry(next.lane).or_default().add(now.saturating_duration_since(next.due));
        self.number += 1;
        let turn = Turn { job: next.job, lane: next.lane, number: self.number };
        let work = match next.job {
            Job::Poll(key) => self.begin_poll(key, turn, now).map(Work::Poll),
            Job::Sweep(key) => self.precheck.begin(key, turn.number, now).map(Work::Sweep),
        };
        match work {
            Some(work) => Pick::Start(turn, work),
            None => {
                self.budget.returned();
                Pick::Granted
            }
        }
    }

    /// Notes what a poll is made for and with what it starts.
    fn begin_poll(&mut self, key: u64, turn: Turn, now: Instant) -> Option<Plan> {
        let wall = self.clock.now();
        let tracked = self.tracked.get_mut(&key)?;
        let covered = self.precheck.covers(&tracked.target, now);
        // A new spec, a request and a moved count call for a fresh look at the groups.
        let news = tracked.moved.is_some()
            || tracked.watchers.values().any(|watcher| watcher.changed.or(watcher.requested).is_some());
        let known = tracked.knowledge.groups.as_ref();
        let groups = known.filter(|known| !news && !known.are_old(covered, now));
        let plan = Plan {
            target: tracked.target.clone(),
            timeout: tracked.timeout(),
            groups: groups.map(|known| known.groups.clone()),
            last: tracked.knowledge.last,
            differences: tracked.knowledge.differences.clone(),
        };
        let made_for = tracked.watchers.iter();
        let made_for = made_for
            .map(|(id, watcher)| (id.clone(), (watcher.want.generation, watcher.want.request.clone())));
        tracked.attempt = Some(Started {
            number: turn.number,
            lane: turn.lane,
            at: now,
            wall,
            made_for: made_for.collect(),
            moved: tracked.moved.take(),
            withdrawn: false,
        });
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
            Job::Sweep(key) => self.precheck.is_current(key, turn.number),
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
            self.relevel_at = self.relevel_at.min(now + RELEVEL.0);
        }
        self.time(key);
    }

    /// Puts a target where its needs belong, and tells its watches if its pace shows otherwise.
    fn time(&mut self, key: u64) {
        let level = self.stretch.level();
        let Some(tracked) = self.tracked.get_mut(&key) else { return };
        if tracked.show(level) {
            tell(&self.news, tracked);
        }
        self.lanes.set(Job::Poll(key), tracked.needs(level, &self.points, self.start));
    }

    /// Looks whether intervals must stretch more, or may stretch less; says when to look again.
    fn relevel(&mut self, now: Instant) -> Option<Instant> {
        if self.tracked.is_empty() {
            return None;
        }
        if now >= self.relevel_at {
            self.relevel_at = now + RELEVEL.1;
            let budget = f64::from(self.calls_per_minute);
            let spoken_for = self.precheck.calls_per_minute() + self.aside.per_minute(now);
            let available = (budget * PLANNED - spoken_for).max(budget * LEAST);
            let was = self.stretch.level();
            if self.stretch.settle(self.load.level(available), now) {
                self.log_level(was);
                for key in self.tracked.keys().copied().collect::<Vec<_>>() {
                    self.time(key);
                }
            }
        }
        Some(self.relevel_at)
    }

    fn log_level(&self, was: super::stretch::Level) {
        let (level, targets) = (self.stretch.level(), self.tracked.len());
        let wanted = self.load.calls_per_minute(super::stretch::Level::default());
        if level.is_stretched() && !was.is_stretched() {
            tracing::warn!(
                targets,
                wanted_calls_per_minute = wanted.ceil(),
                calls_per_minute = self.calls_per_minute,
                "the quota does not carry every interval: quiet healthy applications are polled more slowly, as \
                 status.effectiveInterval shows; longer intervals, fewer watches, or a higher \
                 --calls-per-minute (after raising SAE's quota) would help"
            );
        } else if was.is_stretched() && !level.is_stretched() {
            tracing::info!(targets, "the quota carries every interval again");
        }
    }
}

/// Tells every watch of a target that something about it changed.
fn tell(news: &mpsc::UnboundedSender<WatchId>, tracked: &Tracked) {
    for id in tracked.watchers.keys() {
        // Nobody listens any more only when the operator is stopping.
        let _ = news.send(id.clone());
    }
}
