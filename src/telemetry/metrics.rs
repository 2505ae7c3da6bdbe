//! What the operator counts while it works. A value, handed to each part that counts; clones share the counters.

use std::num::NonZeroU16;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::accounts::Accounts;
use super::catalogue::{EVENTS, LEADER, RECONCILE_DURATION, RECONCILES, STATUS_WRITES};
use super::crd::{Crd, Crds};
use super::lists::Lists;
use super::samples::Labels;
use super::sets::Sets;
use super::targets::CurrentTargets;
use super::watches::CurrentWatches;
use crate::domain::Reason;

/// The counters of the operator.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Whether the CRD of watches fits.
    pub crd: Crd,
    /// Whether the CRD of accounts takes their status.
    pub(crate) account_crd: Crd,
    /// Whether the namespaces have given their lists.
    pub(crate) lists: Lists,
    /// How the SaeAccounts stand.
    pub accounts: Accounts,
    /// Whether the CRD of sets takes their status.
    pub(crate) set_crd: Crd,
    /// Whether sets can be listed.
    pub(crate) sets: Sets,
    /// What the watches show.
    pub(crate) watches: CurrentWatches,
    /// What they list as targets for Prometheus.
    pub(crate) targets: CurrentTargets,
    reconciles: Family<Labels<'static, 1>, Counter>,
    reconcile_duration: Histogram,
    status_writes: Family<Labels<'static, 2>, Counter>,
    events: Family<Labels<'static, 2>, Counter>,
    leader: Gauge,
}

/// How a reconcile ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Well.
    Success,
    /// The API server failed.
    Error,
    /// The spec of the watch cannot be read.
    Invalid,
    /// This program failed.
    Panic,
}

/// What a write of a status is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteKind {
    /// The status has changed.
    Change,
    /// Only its time is new.
    Heartbeat,
}

/// How a write of a status ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteOutcome {
    /// It is stored.
    Success,
    /// The watch had changed since it was read; it is reconciled again, as optimistic locking has it.
    Conflict,
    /// The API server did not take it.
    Error,
}

/// How the emission of an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    /// It is stored.
    Success,
    /// The API server did not take it.
    Error,
    /// The watch's budget of events is used up.
    Skipped,
}

/// Seconds that a reconcile takes: one without a write a millisecond, one that waits for the API server up to its timeout
/// of 15 s and more.
const RECONCILE_SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

impl Outcome {
    const ALL: [Self; 4] = [Self::Success, Self::Error, Self::Invalid, Self::Panic];

    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Invalid => "invalid",
            Self::Panic => "panic",
        }
    }
}

impl WriteKind {
    const ALL: [Self; 2] = [Self::Change, Self::Heartbeat];

    fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Heartbeat => "heartbeat",
        }
    }
}

impl WriteOutcome {
    const ALL: [Self; 3] = [Self::Success, Self::Conflict, Self::Error];

    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Conflict => "conflict",
            Self::Error => "error",
        }
    }
}

impl EventOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

impl Default for Metrics {
    /// With every outcome at 0: a rate sees a first failure only if it was preceded by a 0.
    fn default() -> Self {
        let metrics = Self {
            crd: Crd::new("saeappwatches"),
            account_crd: Crd::new("saeaccounts"),
            lists: Lists::default(),
            accounts: Accounts::default(),
            set_crd: Crd::new("saeappwatchsets"),
            sets: Sets::default(),
            watches: CurrentWatches::default(),
            targets: CurrentTargets::default(),
            reconciles: Family::default(),
            reconcile_duration: Histogram::new(RECONCILE_SECONDS),
            status_writes: Family::default(),
            events: Family::default(),
            leader: Gauge::default(),
        };
        for outcome in Outcome::ALL {
            drop(metrics.reconciles.get_or_create(&RECONCILES.labels([outcome.as_str()])));
        }
        for (kind, outcome) in
            WriteKind::ALL.into_iter().flat_map(|kind| WriteOutcome::ALL.map(|one| (kind, one)))
        {
            let labels = STATUS_WRITES.labels([kind.as_str(), outcome.as_str()]);
            drop(metrics.status_writes.get_or_create(&labels));
        }
        metrics
    }
}

impl Metrics {
    /// Counts a reconcile.
    pub(crate) fn reconciled(&self, outcome: Outcome, took: Duration) {
        self.reconciles.get_or_create(&RECONCILES.labels([outcome.as_str()])).inc();
        self.reconcile_duration.observe(took.as_secs_f64());
    }

    /// Counts a write of a status.
    pub(crate) fn wrote(&self, kind: WriteKind, outcome: WriteOutcome) {
        self.status_writes.get_or_create(&STATUS_WRITES.labels([kind.as_str(), outcome.as_str()])).inc();
    }

    /// Counts an event.
    pub(crate) fn emitted(&self, reason: Reason, outcome: EventOutcome) {
        self.events.get_or_create(&EVENTS.labels([reason.as_str(), outcome.as_str()])).inc();
    }

    /// The targets of all watches at this time, as `/sd` lists them with this port; `None` where they are not kept.
    pub fn targets(&self, port: NonZeroU16, now: Timestamp) -> Option<String> {
        self.targets.text(port, now)
    }

    /// What is known of the CRDs.
    pub(crate) fn crds(&self) -> Crds {
        Crds([self.crd.clone(), self.account_crd.clone(), self.set_crd.clone()])
    }

    /// What keeps the operator from a part of its work, each thing in a sentence.
    pub(super) fn troubles(&self) -> impl Iterator<Item = String> {
        let crds: Vec<String> = self.crds().troubles().collect();
        crds.into_iter()
            .chain(self.lists.trouble())
            .chain(self.accounts.trouble())
            .chain(self.sets.troubles())
    }

    /// Begins anew, as a replica that does not lead.
    pub(crate) fn stand_by(&self) {
        self.lead(false);
        self.crds().clear();
        self.lists.begin([]);
        self.accounts.clear();
        self.sets.clear();
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
        registry.register_collector(Box::new(self.crds()));
        registry.register_collector(Box::new(self.lists.clone()));
        registry.register_collector(Box::new(self.accounts.clone()));
        registry.register_collector(Box::new(self.targets.clone()));
        registry.register_collector(Box::new(self.sets.clone()));
    }
}
