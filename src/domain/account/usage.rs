//! What the watches of an account make of it.

use crate::api::{Health, RegionStatus, WatchCounts};

/// The regions that a status lists.
const MAX_REGIONS: usize = 30;

/// What the watches of an account make of it, as the status shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Usage {
    /// The watches that may use it.
    pub watches: WatchCounts,
    /// Calls a minute that they want, of those that the account may make.
    pub calls: Option<String>,
    /// Where they are.
    pub regions: Vec<RegionStatus>,
}

impl Usage {
    /// Counts one watch.
    pub(crate) fn count(&mut self, is_ready: bool, health: Health) {
        let watches = &mut self.watches;
        watches.total += 1;
        watches.not_ready += i64::from(!is_ready);
        watches.unwell += i64::from(matches!(health, Health::Degraded | Health::Unhealthy));
        let of_health = match health {
            Health::Healthy => &mut watches.healthy,
            Health::Progressing => &mut watches.progressing,
            Health::Degraded => &mut watches.degraded,
            Health::Unhealthy => &mut watches.unhealthy,
            Health::ScaledToZero => &mut watches.scaled_to_zero,
            Health::Unknown => &mut watches.unknown,
        };
        *of_health += 1;
    }

    /// Notes what its scheduler says.
    pub(crate) fn schedule(&mut self, wanted: f64, budget: u32, mut regions: Vec<RegionStatus>) {
        self.calls = Some(format!("{:.0}/{budget}", wanted.ceil()));
        regions.sort_by(|one, other| other.watched.cmp(&one.watched).then_with(|| one.id.cmp(&other.id)));
        regions.truncate(MAX_REGIONS);
        self.regions = regions;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_watch_is_counted_once_by_its_health() {
        let mut usage = Usage::default();
        for (is_ready, health) in [
            (true, Health::Healthy),
            (true, Health::Degraded),
            (false, Health::Unhealthy),
            (true, Health::Progressing),
            (true, Health::ScaledToZero),
            (false, Health::Unknown),
        ] {
            usage.count(is_ready, health);
        }
        let WatchCounts { total, not_ready, unwell, .. } = usage.watches;
        assert_eq!((total, not_ready, unwell), (6, 2, 2));
    }

    #[test]
    fn the_30_regions_with_most_applications_are_listed_and_calls_are_rounded_up() {
        let region = |n: i64| RegionStatus {
            id: format!("cn-{n:02}").parse().unwrap(),
            watched: n / 2,
            applications: None,
        };
        let mut usage = Usage::default();
        usage.schedule(23.1, 30, (0..40).map(region).collect());
        assert_eq!(usage.calls.as_deref(), Some("24/30"));
        assert_eq!(usage.regions.len(), 30);
        assert_eq!(usage.regions[0].id.as_str(), "cn-38", "of two with as many the first by name");
        assert_eq!(usage.regions[29].id.as_str(), "cn-11");
    }
}
