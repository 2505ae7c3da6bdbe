//! The account: everything that decides which call is next. No await happens here; the driver awaits.

mod fixed_points;
pub(crate) mod job;
pub(crate) mod lanes;
mod meter;
mod need;
mod results;
pub(crate) mod stats;
mod subscriptions;
mod sweeps;
mod timing;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::fixed_points::FixedPoints;
use self::job::{Job, JobKey, JobRun, Plan};
use self::lanes::{Dequeued, Eligible, Lane, Lanes};
use self::meter::Meter;
use self::stats::Stats;
use crate::domain::{Failure, Target};
use crate::poll::gate::budget::Budget;
use crate::poll::gate::credentials::{Admission, CredentialGate};
use crate::poll::gate::throttle::Throttle;
use crate::poll::subscription::WatchId;
use crate::poll::target::precheck::Precheck;
use crate::poll::target::slowdown::{Load, Slowdown};
use crate::poll::target::tracked::Tracked;
use crate::sae::{Clock, Known};

/// How long polls by the clock wait after the start. By then every watch has said what it wants; the first to
/// speak would otherwise be polled at a pace that the account cannot keep for all.
const WARM_UP: Duration = Duration::from_secs(10);

/// What the driver does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Start this; its first call is paid for.
    Start(JobRun, Job),
    /// Look again: a job that waited for its next call may go on.
    Granted,
    /// Wait, until then or until something changes.
    Wait(Option<Instant>),
}

/// One account with its targets, its budget and its troubles.
#[derive(Debug)]
pub(crate) struct Scheduler {
    start: Instant,
    clock: Clock,
    points: FixedPoints,
    calls_per_minute: u32,
    budget: Budget,
    throttle: Throttle,
    /// The newest throttled answer, and since when the account is over its quota.
    throttled: Option<(Failure, Timestamp)>,
    credentials: CredentialGate,
    lanes: Lanes<Instant, JobKey>,
    /// Jobs that have begun and wait for their next call.
    permits: HashMap<JobKey, oneshot::Sender<()>>,
    watches: HashMap<WatchId, u64>,
    keys: HashMap<Arc<Target>, u64>,
    /// Boxed: they are large, and a node of the tree has room for eleven.
    tracked: BTreeMap<u64, Box<Tracked>>,
    precheck: Precheck,
    load: Load,
    /// How far intervals stretch.
    slowdown: Slowdown,
    /// With how many targets and at which slowdown all of them were timed last.
    timed: (usize, Slowdown),
    /// Whether the log says that the budget is short.
    is_short: bool,
    /// When the slowdown is looked at next.
    adjust_at: Instant,
    /// Calls that are not planned: confirmations, requests, groups.
    unplanned: Meter,
    /// The last number given to a target or a job.
    number: u64,
    news: mpsc::UnboundedSender<WatchId>,
    stats: Stats,
}

impl Scheduler {
    pub(crate) fn new(
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
            credentials: CredentialGate::default(),
            lanes: Lanes::new(),
            permits: HashMap::new(),
            watches: HashMap::new(),
            keys: HashMap::new(),
            tracked: BTreeMap::new(),
            precheck: Precheck::new(calls_per_minute),
            load: Load::default(),
            slowdown: Slowdown::default(),
            timed: (0, Slowdown::default()),
            is_short: false,
            adjust_at: now,
            unplanned: Meter::new(now),
            number: 0,
            news,
            stats: Stats::new(calls_per_minute),
        }
    }

    /// Decides what happens next.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        let adjust_at = self.adjust_slowdown(now);
        let (Some(in_budget), Some(unthrottled)) = (self.budget.ready_at(), self.throttle.ready_at(now))
        else {
            return Next::Wait(adjust_at);
        };
        let ready_at = in_budget.max(unthrottled);
        if now < ready_at {
            // Not before somebody needs the call: with room to spare, the budget is ready long before that.
            let needed_at = self.lanes.first_due().map(|at| at.max(ready_at));
            return Next::Wait([needed_at, adjust_at].into_iter().flatten().min());
        }
        let warm_until = self.start + WARM_UP;
        let (least_urgent, probe_at) = match self.credentials.admits(now) {
            Admission::All | Admission::Probe => (Lane::Periodic, None),
            Admission::Urgent { until } => (Lane::Refresh, Some(until)),
            Admission::Nobody => return Next::Wait(adjust_at),
        };
        let periodic = if now < warm_until { self.start } else { now };
        let Some(next) = self.lanes.take(Eligible { now, periodic, least_urgent }) else {
            let due = self.lanes.next_due(now);
            let warm_until = (now < warm_until).then_some(warm_until);
            return Next::Wait([due, warm_until, probe_at, adjust_at].into_iter().flatten().min());
        };
        self.send(next, now)
    }

    /// When the call after one at `next` could start at the earliest, as far as is known now.
    pub(crate) fn next_but_one(&self, next: Instant) -> Option<Instant> {
        self.lanes.second_due().map(|due| due.max(next + self.budget.spacing()))
    }

    /// Spends one call on a job.
    fn send(&mut self, next: Dequeued<Instant, JobKey>, now: Instant) -> Next {
        if next.begun {
            // Nobody waits for the permit only when the driver is stopping.
            if self.permits.remove(&next.job).is_some_and(|permit| permit.send(()).is_ok()) {
                self.spend(now);
            }
            return Next::Granted;
        }
        self.number += 1;
        let run = JobRun { key: next.job, lane: next.need.lane, number: self.number };
        let job = match next.job {
            JobKey::Poll(key) => self.begin_poll(key, run, now).map(Job::Poll),
            JobKey::Sweep(key) => self.precheck.begin(key, run.number, now).map(Job::Sweep),
        };
        let Some(job) = job else { return Next::Granted };
        let waited = now.saturating_duration_since(next.need.at);
        self.stats.waited(next.need.lane, waited);
        self.spend(now);
        Next::Start(run, job)
    }

    /// A call starts.
    fn spend(&mut self, now: Instant) {
        self.budget.spend(now);
        self.throttle.sent();
        self.credentials.sent();
    }

    /// Notes what a poll is made for and with what it starts.
    fn begin_poll(&mut self, key: u64, run: JobRun, now: Instant) -> Option<Plan> {
        let wall = self.clock.now();
        let tracked = self.tracked.get_mut(&key)?;
        let covered = self.precheck.covers(&tracked.target, now);
        // A new spec, a request and moved numbers call for a fresh look at the groups.
        let is_news = tracked.is_asked_for() || tracked.moved.is_some();
        let known = tracked.knowledge.groups.as_ref();
        let groups = known.filter(|known| !is_news && !known.are_old(covered, now));
        let plan = Plan {
            target: tracked.target.clone(),
            timeout: tracked.timeout(),
            known: Known {
                groups: groups.map(|known| known.groups.clone()),
                headcount: tracked.knowledge.last,
                differences: tracked.knowledge.differences.clone(),
            },
        };
        tracked.attempt = Some(Box::new(tracked.begin(run.number, now, wall)));
        Some(plan)
    }

    /// A job that has begun needs another call; `None` if nobody wants it any more.
    pub(crate) fn request_permit(&mut self, run: JobRun) -> Option<oneshot::Receiver<()>> {
        if !self.is_wanted(run) {
            return None;
        }
        let (permit, granted) = oneshot::channel();
        self.permits.insert(run.key, permit);
        self.lanes.requeue(run.key, run.lane, Instant::now());
        Some(granted)
    }

    fn is_wanted(&self, run: JobRun) -> bool {
        match run.key {
            JobKey::Poll(key) => {
                let attempt = self.tracked.get(&key).and_then(|tracked| tracked.attempt.as_ref());
                attempt.is_some_and(|attempt| attempt.number == run.number && !attempt.withdrawn)
            }
            JobKey::Sweep(key) => self.precheck.is_wanted(key, run.number),
        }
    }

    /// Ends an attempt under way whose outcome nobody waits for; its place is kept until its call is back, so
    /// that no second call goes to the same target meanwhile.
    fn withdraw(&mut self, key: u64) {
        let attempt = self.tracked.get_mut(&key).and_then(|tracked| tracked.attempt.as_mut());
        if let Some(attempt) = attempt {
            attempt.withdrawn = true;
            self.permits.remove(&JobKey::Poll(key));
            self.lanes.drop_begun(JobKey::Poll(key));
        }
    }
}

/// Tells every watch of a target that something about it changed.
fn notify_all(news: &mpsc::UnboundedSender<WatchId>, tracked: &Tracked) {
    tracked.watchers.keys().for_each(|id| notify(news, id));
}

fn notify(news: &mpsc::UnboundedSender<WatchId>, id: &WatchId) {
    // Nobody listens any more only when the operator is stopping.
    let _ = news.send(id.clone());
}
