//! What one watch shows, in some hundred bytes.

use jiff::{SignedDuration, Timestamp};

use crate::api::{Condition, Counts, Health, InstanceState, RegionId, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::{ConditionType, Reason, Truth};

/// What one watch shows.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(super) app: Box<str>,
    pub(super) region: Box<str>,
    pub(super) health: Health,
    pub(super) ready: Option<Ready>,
    pub(super) counts: Option<Numbers>,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) interval: Option<SignedDuration>,
}

/// The condition Ready.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    pub(super) status: Truth,
    pub(super) reason: Option<Reason>,
}

/// Counts in less than half the memory: no application has four billion instances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) desired: Option<u32>,
    pub(super) restarts: u32,
    pub(super) ready: u32,
    starting: u32,
    unhealthy: u32,
    failing: u32,
    terminating: u32,
    unknown: u32,
}

impl Reading {
    /// What a watch with this spec and status shows. `observed_at` is the last good answer, which the status may not
    /// hold yet; `interval` is the time between its polls, if it is polled.
    pub(crate) fn new(
        spec: &SaeAppWatchSpec,
        status: &SaeAppWatchStatus,
        observed_at: Option<Timestamp>,
        interval: Option<SignedDuration>,
    ) -> Self {
        let ready = status.conditions.iter().find(|one| one.type_ == ConditionType::Ready.as_str());
        let region = status.region.as_ref().or(spec.region_id.as_ref());
        Self {
            app: spec.app_id.as_str().into(),
            region: region.map_or("", RegionId::as_str).into(),
            health: status.health.unwrap_or(Health::Unknown),
            ready: ready.and_then(Ready::new),
            counts: status.counts.map(Numbers::from),
            observed_at: observed_at.or(status.observed_at.as_ref().map(|time| time.0)),
            interval,
        }
    }
}

impl Numbers {
    pub(super) fn by_state(self) -> [(InstanceState, u32); 6] {
        [
            (InstanceState::Ready, self.ready),
            (InstanceState::Starting, self.starting),
            (InstanceState::Unhealthy, self.unhealthy),
            (InstanceState::Failing, self.failing),
            (InstanceState::Terminating, self.terminating),
            (InstanceState::Unknown, self.unknown),
        ]
    }
}

impl From<Counts> for Numbers {
    fn from(counts: Counts) -> Self {
        let small = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
        Self {
            desired: counts.desired.map(small),
            restarts: small(counts.restarts),
            ready: small(counts.ready),
            starting: small(counts.starting),
            unhealthy: small(counts.unhealthy),
            failing: small(counts.failing),
            terminating: small(counts.terminating),
            unknown: small(counts.unknown),
        }
    }
}

impl Ready {
    /// Reasons that this program does not know, which another client has written, are no labels.
    fn new(ready: &Condition) -> Option<Self> {
        let mut statuses = [Truth::True, Truth::False, Truth::Unknown].into_iter();
        let status = statuses.find(|one| one.as_str() == ready.status)?;
        let reason = Reason::ALL.into_iter().find(|one| one.as_str() == ready.reason);
        Some(Self { status, reason })
    }

    pub(super) fn reason(self) -> &'static str {
        self.reason.map_or("", Reason::as_str)
    }
}
