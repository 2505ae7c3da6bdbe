//! How many applications of a region there are, and how many of them are watched (contract §15.3).

use std::time::Duration;

use tokio::time::Instant;

use crate::api::{AppId, RegionId};
use crate::sae::{ListedApplication, candidate};

/// How long a list says how many there are.
const VALID_FOR: Duration = Duration::from_secs(3600);

/// What a complete list says of a region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coverage {
    pub(super) applications: usize,
    watched: usize,
    began: Instant,
}

/// How much of a region is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionCoverage {
    /// Which one.
    pub region: RegionId,
    /// Its applications, without those that are being deleted.
    pub applications: usize,
    /// Those of them that any watch watches.
    pub watched: usize,
}

impl Coverage {
    /// That of a complete list which began at a moment.
    pub(super) fn new(
        list: &[ListedApplication],
        began: Instant,
        is_watched: impl Fn(&AppId) -> bool,
    ) -> Self {
        let (mut applications, mut watched) = (0, 0);
        for app in list.iter().filter_map(candidate) {
            applications += 1;
            watched += usize::from(is_watched(&app));
        }
        Self { applications, watched, began }
    }

    /// The same, while the list is new enough.
    pub(super) fn of(self, region: &RegionId, now: Instant) -> Option<RegionCoverage> {
        let Self { applications, watched, began } = self;
        let is_valid = now.saturating_duration_since(began) <= VALID_FOR;
        is_valid.then(|| RegionCoverage { region: region.clone(), applications, watched })
    }
}
