//! How the regions stand, for metrics and for the statuses of accounts.

use tokio::time::Instant;

use super::Precheck;
use super::coverage::RegionCoverage;
use super::region::Region;
use crate::api::RegionId;
use crate::poll::targets::key::TargetKey;
use crate::sae::Operation;

/// How a region stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionStats {
    /// Which one.
    pub region: RegionId,
    /// Distinct applications that are watched.
    pub watched: usize,
    /// Applications of the last complete list, if there was one, without those that are being deleted.
    pub applications: Option<usize>,
}

impl Precheck {
    /// The regions in which SAE has answered, with their applications of which any target `counts`: those with the most
    /// first, then by id.
    pub(crate) fn stats(&self, counts: impl Fn(TargetKey) -> bool) -> Vec<RegionStats> {
        let watched = |region: &Region| {
            region.apps.values().filter(|app| app.targets.iter().any(|key| counts(*key))).count()
        };
        let answered = self.regions.values().filter(|region| region.answered);
        let stats = answered.map(|region| RegionStats {
            region: region.id.clone(),
            watched: watched(region),
            applications: region.coverage.map(|coverage| coverage.applications),
        });
        let mut stats: Vec<RegionStats> = stats.filter(|region| region.watched > 0).collect();
        stats.sort_by(|a, b| b.watched.cmp(&a.watched).then_with(|| a.region.cmp(&b.region)));
        stats
    }

    /// How much of each region is watched, as far as a list is new enough to say so.
    pub(crate) fn coverage(&self, now: Instant) -> Vec<RegionCoverage> {
        let of = |region: &Region| region.coverage?.of(&region.id, now);
        let mut coverage: Vec<RegionCoverage> = self.regions.values().filter_map(of).collect();
        coverage.sort_by(|a, b| a.region.cmp(&b.region));
        coverage
    }

    /// Regions where a list is refused.
    pub(crate) fn refused(&self, list: Operation) -> usize {
        let is_off = |region: &&Region| match list {
            Operation::Applications => region.applications.is_off(),
            Operation::Availability => region.availability.is_off(),
            _ => false,
        };
        self.regions.values().filter(is_off).count()
    }
}
