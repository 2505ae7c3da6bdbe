//! What one watch shows, in some hundred bytes.

use jiff::{SignedDuration, Timestamp};

use crate::api::{
    AppId, AppName, Condition, Counts, Health, InstanceState, RegionId, SaeAppWatchSpec, SaeAppWatchStatus,
};
use crate::domain::{Access, ConditionType, Reason, Truth};

/// What one watch shows.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The application's id, its name and its region, with blanks between them: one allocation in place of three.
    place: Box<str>,
    pub(super) health: Health,
    /// In seconds of the Unix time.
    pub(super) health_since: Option<i64>,
    /// The word in the column REASON. One that this program does not know, which another client has written, is no
    /// label.
    pub(super) reason: Option<Reason>,
    pub(super) conditions: Conditions,
    pub(super) counts: Option<Numbers>,
    /// Likewise.
    pub(super) observed_at: Option<i64>,
    /// In seconds.
    pub(super) interval: Option<f64>,
}

/// The status of each condition that is there, in the order of their types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conditions([Option<Truth>; ConditionType::ALL.len()]);

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
    /// What a watch with this spec and status shows; a region that it does not name is its `access`'s. `observed_at` is
    /// the last good answer, which the status may not hold yet; `interval` is the time between its polls, if it is
    /// polled.
    pub(crate) fn new(
        spec: &SaeAppWatchSpec,
        status: &SaeAppWatchStatus,
        access: &Access,
        observed_at: Option<Timestamp>,
        interval: Option<SignedDuration>,
    ) -> Self {
        let reason = status.reason.as_deref();
        // The health of a watch that was never observed has not changed yet: it is Unknown from the first status on.
        let first = status.conditions.iter().find(|one| one.type_ == ConditionType::AppHealthy.as_str());
        let since =
            status.last_transition_at.map(|time| time.0).or(first.map(|one| one.last_transition_time.0));
        let region = status.region.as_ref().or(spec.region_id.as_ref()).or(access.default_region.as_ref());
        let region = region.map_or("", RegionId::as_str);
        let app_id = status.app_id.as_ref().or(spec.app_id.as_ref()).map_or("", AppId::as_str);
        let app_name = status.app_name.as_ref().or(spec.app_name.as_ref()).map_or("", AppName::as_str);
        Self {
            place: format!("{app_id} {app_name} {region}").into(),
            health: status.health.unwrap_or(Health::Unknown),
            health_since: since.map(Timestamp::as_second),
            reason: Reason::ALL.into_iter().find(|one| Some(one.as_str()) == reason),
            conditions: Conditions::new(&status.conditions),
            counts: status.counts.map(Numbers::from),
            observed_at: observed_at.or(status.observed_at.map(|time| time.0)).map(Timestamp::as_second),
            interval: interval.map(|interval| interval.as_secs_f64()),
        }
    }

    /// The application's id, its name and its region. None of them holds a blank.
    pub(super) fn place(&self) -> [&str; 3] {
        let mut parts = self.place.split(' ');
        [(); 3].map(|()| parts.next().unwrap_or(""))
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

impl Conditions {
    fn new(conditions: &[Condition]) -> Self {
        Self(ConditionType::ALL.map(|one| {
            let condition = conditions.iter().find(|condition| condition.type_ == one.as_str())?;
            TRUTHS.into_iter().find(|truth| truth.as_str() == condition.status)
        }))
    }

    /// Each condition that is there, with each status it can have and whether it has that one.
    pub(super) fn by_status(self) -> impl Iterator<Item = (ConditionType, Truth, bool)> {
        let there = ConditionType::ALL.into_iter().zip(self.0).filter_map(|(one, is)| Some((one, is?)));
        there.flat_map(|(one, is)| TRUTHS.map(|truth| (one, truth, truth == is)))
    }
}

const TRUTHS: [Truth; 3] = [Truth::True, Truth::False, Truth::Unknown];

#[cfg(test)]
mod tests {
    use super::*;

    /// With ten thousand watches, sixteen bytes more are 160 kB.
    #[test]
    fn what_is_kept_of_a_watch_fits_into_112_bytes() {
        assert!(size_of::<Reading>() <= 112, "{}", size_of::<Reading>());
    }
}
