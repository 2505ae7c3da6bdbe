//! What the polls count, for metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;

use super::lanes::Lane;
use crate::domain::FailureClass;
use crate::poll::targets::RegionCoverage;
use crate::sae::{Error, Operation};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    /// With a good response.
    Success,
    /// With an error that a retry may clear.
    Error,
    /// With a response that says that the account is over its quota.
    Throttled,
    /// With an error that stays until somebody acts.
    Rejected,
}

impl Outcome {
    pub(crate) const ALL: [Self; 4] = [Self::Success, Self::Error, Self::Throttled, Self::Rejected];

    /// How a call ended that brought this error, or none.
    pub(super) fn new(error: Option<&Error>) -> Self {
        match error.map(|error| error.failure().class) {
            None => Self::Success,
            Some(FailureClass::Throttled) => Self::Throttled,
            Some(FailureClass::Transient) => Self::Error,
            Some(FailureClass::Permanent(_)) => Self::Rejected,
        }
    }

    /// The outcome's word for metric labels.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Throttled => "throttled",
            Self::Rejected => "rejected",
        }
    }
}

/// What became of a hint, or of one that should have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HintOutcome {
    /// Its poll found a change.
    Confirmed,
    /// Its poll found none.
    NothingNew,
    /// A poll by the clock found an application worse, and the list did not show it.
    Missed,
}

impl HintOutcome {
    pub(crate) const ALL: [Self; 3] = [Self::Confirmed, Self::NothingNew, Self::Missed];

    /// The outcome's word for metric labels.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NothingNew => "nothing_new",
            Self::Missed => "missed",
        }
    }
}

/// The bounds of the histograms, in seconds: from a quick answer to an hour of waiting.
const SECONDS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0];

/// How the polls of one account stand.
#[derive(Debug)]
pub struct Stats {
    /// What was counted since the start.
    pub(crate) counters: Counters,
    /// Jobs that are due and wait, by lane.
    pub(crate) waiting: [(Lane, usize); Lane::ALL.len()],
    /// Calls a minute that the account may make.
    pub(crate) budget: u32,
    /// Calls a minute that all targets would need at their intervals.
    pub(crate) wanted: f64,
    /// Calls under way.
    pub in_flight: usize,
    /// Targets that are polled.
    pub targets: usize,
    /// Targets that are polled more slowly than at their interval, for want of budget.
    pub slowed: usize,
    /// Whether the account waits because SAE said that it is over its quota.
    pub throttled: bool,
    /// Whether the credentials are rejected or missing, so that only probes go out.
    pub(crate) rejected: bool,
    /// In how many regions each list of a sweep is denied.
    pub lists_denied: [(Operation, usize); 2],
    /// How much of each region is watched, where a list is new enough to say so.
    pub coverage: Vec<RegionCoverage>,
}

/// What is counted from the start of an account on.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    /// Calls, by operation and outcome. All are there from the start: a rate sees a first failure only if it was
    /// preceded by a 0.
    pub(crate) calls: BTreeMap<(Operation, Outcome), u64>,
    /// How long calls took, in seconds, by operation.
    pub(crate) call_seconds: BTreeMap<Operation, Histogram>,
    /// What became of hints.
    pub(crate) hints: BTreeMap<HintOutcome, u64>,
    /// How long work that was due waited until it started, in seconds, by lane.
    pub(crate) wait_seconds: BTreeMap<Lane, Histogram>,
}

impl Counters {
    /// Those of an account that has done nothing yet.
    pub(super) fn new() -> Self {
        let outcomes = |operation| Outcome::ALL.map(|outcome| ((operation, outcome), 0));
        Self {
            calls: Operation::ALL.into_iter().flat_map(outcomes).collect(),
            call_seconds: Operation::ALL.map(|operation| (operation, Histogram::new(SECONDS))).into(),
            hints: HintOutcome::ALL.map(|outcome| (outcome, 0)).into(),
            wait_seconds: Lane::ALL.map(|lane| (lane, Histogram::new(SECONDS))).into(),
        }
    }

    /// Counts a call.
    pub(super) fn called(&mut self, operation: Operation, outcome: Outcome, took: Duration) {
        *self.calls.entry((operation, outcome)).or_default() += 1;
        if let Some(seconds) = self.call_seconds.get(&operation) {
            seconds.observe(took.as_secs_f64());
        }
    }

    /// Counts hints.
    pub(super) fn hints(&mut self, outcome: HintOutcome, count: usize) {
        *self.hints.entry(outcome).or_default() += count as u64;
    }

    /// Counts work that waited.
    pub(super) fn waited(&self, lane: Lane, waited: Duration) {
        if let Some(seconds) = self.wait_seconds.get(&lane) {
            seconds.observe(waited.as_secs_f64());
        }
    }
}
