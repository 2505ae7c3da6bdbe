//! What the operator counts while it works. A value, handed to whoever counts; clones share the counters.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::catalogue::{EVENTS, LEADER, RECONCILE_DURATION, RECONCILES, STATUS_WRITES};
use super::crd::Crd;
use super::lists::Lists;
use super::samples::Labels;
use super::watches::CurrentWatches;
use crate::domain::Reason;

/// The counters of the operator.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Whether the CRD fits.
    pub crd: Crd,
    /// Whether the namespaces have given their lists.
    pub lists: Lists,
    /// What the watches show.
    pub watches: CurrentWatches,
    reconciles: Family<Labels<'static, 1>, Counter>,
    reconcile_duration: Histogram,
    status_writes: Family<Labels<'static, 1>, Counter>,
    events: Family<Labels<'static, 2>, Counter>,
    leader: Gauge,
}

/// How a look at a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Well.
    Done,
    /// Kubernetes failed.
    Failed,
    /// The watch cannot be read.
    Invalid,
    /// This program failed.
    Panicked,
}

/// How a write of a status ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWrite {
    /// Well, and it said something new.
    News,
    /// Well, and only the time is new.
    Heartbeat,
    /// The watch had changed since it was looked at; it is looked at again, which is how it should be.
    Overtaken,
    /// It did not.
    Failed,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// It is told.
    Told,
    /// The API server did not take it.
    Failed,
    /// It was one too many for its watch.
    OverBudget,
}

/// Seconds that a look takes: one without a write a millisecond, one that waits for the API server up to its timeout
/// of 15 s and more.
const LOOK_SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

impl Look {
    const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Invalid, Self::Panicked];

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Panicked => "panicked",
        }
    }
}

impl StatusWrite {
    const ALL: [Self; 4] = [Self::News, Self::Heartbeat, Self::Overtaken, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Heartbeat => "heartbeat",
            Self::Overtaken => "overtaken",
            Self::Failed => "failed",
        }
    }
}

impl Telling {
    fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Failed => "failed",
            Self::OverBudget => "over_budget",
        }
    }
}

impl Default for Metrics {
    /// With every outcome at 0: a rate sees a first failure only if it was preceded by a 0.
    fn default() -> Self {
        let metrics = Self {
            crd: Crd::default(),
            lists: Lists::default(),
            watches: CurrentWatches::default(),
            reconciles: Family::default(),
            reconcile_duration: Histogram::new(LOOK_SECONDS),
            status_writes: Family::default(),
            events: Family::default(),
            leader: Gauge::default(),
        };
        for look in Look::ALL {
            drop(metrics.reconciles.get_or_create(&RECONCILES.labels([look.as_str()])));
        }
        for write in StatusWrite::ALL {
            drop(metrics.status_writes.get_or_create(&STATUS_WRITES.labels([write.as_str()])));
        }
        metrics
    }
}

impl Metrics {
    /// Counts a look at a watch.
    pub fn looked(&self, look: Look, took: Duration) {
        self.reconciles.get_or_create(&RECONCILES.labels([look.as_str()])).inc();
        self.reconcile_duration.observe(took.as_secs_f64());
    }

    /// Counts a write of a status.
    pub fn wrote(&self, write: StatusWrite) {
        self.status_writes.get_or_create(&STATUS_WRITES.labels([write.as_str()])).inc();
    }

    /// Counts an event.
    pub fn told(&self, reason: Reason, telling: Telling) {
        self.events.get_or_create(&EVENTS.labels([reason.as_str(), telling.as_str()])).inc();
    }

    /// Notes whether this replica works.
    pub fn lead(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Adds everything but what watches show to what is scraped.
    pub(super) fn register(&self, registry: &mut Registry) {
        RECONCILES.register(registry, self.reconciles.clone());
        RECONCILE_DURATION.register(registry, self.reconcile_duration.clone());
        STATUS_WRITES.register(registry, self.status_writes.clone());
        EVENTS.register(registry, self.events.clone());
        LEADER.register(registry, self.leader.clone());
        registry.register_collector(Box::new(self.crd.clone()));
        registry.register_collector(Box::new(self.lists.clone()));
    }
}
