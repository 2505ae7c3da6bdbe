//! The pre-check: one list of all applications of a region tells whose numbers moved (contract §8).
//!
//! Equal numbers prove nothing (a failing probe moves none of them), so every target keeps its own polls.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::api::{AppId, RegionId};
use crate::domain::Target;

/// From how many targets in a region one list is cheaper than what it saves.
const FROM: usize = 20;
/// The part of the budget that it may take, all regions together.
const SHARE: f64 = 1.0 / 6.0;
/// The shortest time between two lists of a region.
const SHORTEST: Duration = Duration::from_secs(10);
/// How long it stays off in a region where it is refused.
const OFF: Duration = Duration::from_secs(3600);
/// Applications on one page.
const PAGE: usize = 200;

/// The pre-checks of all regions.
#[derive(Debug)]
pub(super) struct Precheck {
    calls_per_minute: u32,
    keys: HashMap<RegionId, u64>,
    regions: BTreeMap<u64, Region>,
}

#[derive(Debug)]
struct Region {
    id: RegionId,
    targets: usize,
    apps: BTreeMap<AppId, BTreeSet<u64>>,
    /// What the last list said of the watched applications.
    counts: HashMap<AppId, (Option<i64>, Option<i64>)>,
    /// Pages of the last list.
    pages: u32,
    /// When the last list was complete.
    swept: Option<Instant>,
    /// The list under way, and since when.
    current: Option<(u64, Instant)>,
    not_before: Instant,
    refused: bool,
}

impl Precheck {
    pub(super) fn new(calls_per_minute: u32) -> Self {
        Self { calls_per_minute, keys: HashMap::new(), regions: BTreeMap::new() }
    }

    pub(super) fn begin(&mut self, key: u64, number: u64, now: Instant) -> Option<RegionId> {
        let region = self.regions.get_mut(&key)?;
        region.current = Some((number, now));
        Some(region.id.clone())
    }

    pub(super) fn is_current(&self, key: u64, number: u64) -> bool {
        let current = self.regions.get(&key).and_then(|region| region.current);
        current.is_some_and(|(current, _)| current == number)
    }

    pub(super) fn covers(&self, _target: &Target, _now: Instant) -> bool {
        false
    }

    /// Calls a minute that the lists take.
    pub(super) fn calls_per_minute(&self) -> f64 {
        0.0
    }
}
