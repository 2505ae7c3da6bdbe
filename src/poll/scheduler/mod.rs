//! Which call is next, and when? Nothing here awaits: `run` does, and reports what became of each call.
//!
//! This file picks. `subscriptions` is what the operator says and asks, `starts` and `results` are the beginning and
//! the end of jobs, `sweeps` those of sweeps, `hints` what follows from the second of their lists, `resolve` and `learn`
//! the lists for names, `diagnoses` the questions why an application is unwell. `need` says why and when a target is due, by `fixed_points` of the clock; `lanes` hold who waits;
//! `load` and `timing` say how far all of them slow down. `stats` counts.

mod diagnoses;
mod fixed_points;
mod hints;
mod job;
mod lanes;
mod learn;
mod lists;
mod load;
mod need;
mod resolve;
mod results;
mod starts;
mod stats;
mod subscriptions;
mod sweeps;
mod timing;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::diagnoses::Diagnoses;
use self::fixed_points::FixedPoints;
use self::job::JobKey;
use self::load::Load;
use self::stats::Counters;
use crate::api::AccountName;
use crate::domain::Target;
use crate::poll::gate::{Admission, CallGate};
use crate::poll::subscription::WatchId;
use crate::poll::targets::{Hints, NameLists, Names, Precheck, RunNumber, Slowdown, TargetKey, Tracked};
use crate::sae::Clock;

pub(crate) use self::job::{Job, JobRun, Lookup, Plan, PollError, Withdrawn};
pub use self::lanes::{Eligible, Lane, Lanes, Need};
pub(crate) use self::stats::Outcome;
pub use self::stats::Stats;
pub use crate::poll::targets::{RegionCoverage, RegionStats};

/// How long polls by the clock wait after the start. By then every watch has subscribed; the first ones would
/// otherwise be polled at a pace that the account cannot keep for all.
const WARM_UP: Duration = Duration::from_secs(10);

/// What the driver does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Start this; its first call is paid for.
    Start(JobRun, Job),
    /// Ask again: the job that was next has its call, or is gone.
    AskAgain,
    /// Wait, until then or until something changes.
    Wait(Option<Instant>),
}

/// The targets of one account, and the calls that they share.
#[derive(Debug)]
pub(crate) struct Scheduler {
    /// The SaeAccount whose calls these are, for the log; none for the operator's own keys.
    account: Option<AccountName>,
    start: Instant,
    clock: Clock,
    points: FixedPoints,
    calls_per_minute: u32,
    gate: CallGate,
    lanes: Lanes<Instant, JobKey>,
    /// Jobs that have begun and wait for their next call, by their run.
    permits: HashMap<JobKey, (RunNumber, oneshot::Sender<()>)>,
    /// The target of each watch.
    watches: HashMap<WatchId, TargetKey>,
    keys: HashMap<Arc<Target>, TargetKey>,
    /// Also of names without an id, which are in no other table. Boxed: they are large, and a node of the tree has room
    /// for eleven.
    targets: BTreeMap<TargetKey, Box<Tracked>>,
    precheck: Precheck,
    names: Names,
    name_lists: NameLists,
    hints: Hints,
    diagnoses: Diagnoses,
    load: Load,
    slowdown: Slowdown,
    /// The slowdown that would do if nothing were swept.
    without_sweeps: Slowdown,
    /// With how many targets and at which slowdown all of them were rescheduled last.
    rescheduled: (usize, Slowdown),
    /// Whether the log says that the budget is short.
    is_short: bool,
    /// When the slowdown follows the load next.
    adjust_at: Instant,
    /// The last number given to a target, a region or a run.
    number: u64,
    news: mpsc::UnboundedSender<WatchId>,
    counters: Counters,
}

impl Scheduler {
    pub(crate) fn new(
        account: Option<AccountName>,
        calls_per_minute: u32,
        clock: Clock,
        news: mpsc::UnboundedSender<WatchId>,
        now: Instant,
    ) -> Self {
        Self {
            account,
            start: now,
            points: FixedPoints::new(now, clock.now()),
            clock,
            calls_per_minute,
            gate: CallGate::new(calls_per_minute, now),
            lanes: Lanes::new(),
            permits: HashMap::new(),
            watches: HashMap::new(),
            keys: HashMap::new(),
            targets: BTreeMap::new(),
            precheck: Precheck::new(calls_per_minute, now),
            names: Names::default(),
            name_lists: NameLists::default(),
            hints: Hints::new(now),
            diagnoses: Diagnoses::default(),
            load: Load::new(now),
            slowdown: Slowdown::default(),
            without_sweeps: Slowdown::default(),
            rescheduled: (0, Slowdown::default()),
            is_short: false,
            adjust_at: now,
            number: 0,
            news,
            counters: Counters::new(),
        }
    }

    /// Decides what happens next.
    pub(crate) fn next(&mut self, now: Instant) -> Next {
        self.adjust_slowdown(now);
        let hint_at = self.release_hints(now);
        match self.next_call(now) {
            Next::Wait(until) => Next::Wait(self.or_adjust(earliest([until, hint_at]), now)),
            next @ (Next::Start(..) | Next::AskAgain) => next,
        }
    }

    /// Decides on the next call.
    fn next_call(&mut self, now: Instant) -> Next {
        let Some(ready_at) = self.gate.ready_at(now) else { return Next::Wait(None) };
        if now < ready_at {
            // Not before a job needs the call: with room to spare, the budget is ready long before that.
            return Next::Wait(self.lanes.first_due().map(|at| at.max(ready_at)));
        }
        let (least_urgent, probe_at) = match self.gate.credentials.admits(now) {
            Admission::All => (Lane::Periodic, None),
            Admission::Urgent { until } => (Lane::Refresh, Some(until)),
            Admission::None => return Next::Wait(None),
        };
        let warm_at = self.start + WARM_UP;
        let periodic = if now < warm_at { self.start } else { now };
        let parts = [(Lane::OfSet, &self.gate.of_sets), (Lane::Diagnosis, &self.gate.diagnoses)];
        let parts = parts.map(|(lane, part)| Some((lane, part.ready_at())).filter(|(_, at)| now < *at));
        let closed = parts.map(|part| part.map(|(lane, _)| lane));
        let Some(next) = self.lanes.take(Eligible { now, periodic, least_urgent, closed }) else {
            let due = self.lanes.next_due(now);
            let warm_at = (now < warm_at).then_some(warm_at);
            let waiting = parts.map(|part| part.filter(|(lane, _)| self.lanes.has_waiting(*lane, now)));
            let opens_at = earliest(waiting.map(|part| part.map(|(_, at)| at)));
            return Next::Wait(earliest([due, warm_at, probe_at, opens_at]));
        };
        self.spend_on(next, now)
    }

    /// When the call after one at `next` could start at the earliest, as far as is known now.
    pub(crate) fn next_but_one(&self, next: Instant) -> Option<Instant> {
        self.lanes.second_due().map(|due| due.max(next + self.gate.budget.spacing()))
    }

    /// The account's name in the log.
    fn account_name(&self) -> Option<&str> {
        self.account.as_ref().map(AccountName::as_str)
    }

    fn target_keys(&self) -> Vec<TargetKey> {
        self.targets.keys().copied().collect()
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }
}

fn earliest<const N: usize>(moments: [Option<Instant>; N]) -> Option<Instant> {
    moments.into_iter().flatten().min()
}

/// Notifies every watch of a target that something about it changed.
fn notify_all(news: &mpsc::UnboundedSender<WatchId>, tracked: &Tracked) {
    tracked.watchers.iter().for_each(|watcher| notify(news, &watcher.id));
}

fn notify(news: &mpsc::UnboundedSender<WatchId>, id: &WatchId) {
    // The receiver is gone only when the operator is stopping.
    let _ = news.send(id.clone());
}
