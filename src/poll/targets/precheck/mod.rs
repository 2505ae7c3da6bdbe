//! Sweeps: two lists of all applications of a region show whose poll cannot wait for the clock (contract §8 and §13).
//!
//! With 500 applications at 30 calls a minute a round of polls takes 17 minutes; a sweep takes two calls.
//! ListApplications says whose numbers moved ([`region`]). GetAvailabilityMetric says where instances are abnormal, and
//! is no more than a hint: what SAE calls abnormal and how old the list is, no page says. Nothing of either list is ever
//! shown, and equal numbers prove nothing, so every target keeps its own polls.

mod access;
mod region;
mod share;
mod usefulness;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use self::region::Region;
use self::share::{Work, period};
use super::key::{RegionKey, RunNumber, TargetKey};
use crate::api::{AppId, RegionId};
use crate::domain::Target;
use crate::sae::{AbnormalInstances, ListedApplication, Operation};

pub(super) use self::access::OFF;
pub(crate) use self::region::{Hinted, Moved, Numbers};

/// A region is swept while any of its targets is polled less often than every minute, to within a twentieth: the load
/// swings by that much when many targets read their groups, which is no reason to begin with sweeps.
const OFTEN: Duration = Duration::from_secs(63);

/// The sweeps of all regions.
#[derive(Debug)]
pub(crate) struct Precheck {
    calls_per_minute: u32,
    keys: HashMap<RegionId, RegionKey>,
    regions: BTreeMap<RegionKey, Region>,
}

/// What is to be listed.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) region: RegionId,
    /// Whether to read GetAvailabilityMetric.
    pub(crate) availability: bool,
    /// How to read ListApplications; `None`: not now.
    pub(crate) applications: Option<ApplicationsList>,
}

/// How to read the applications of a region.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApplicationsList {
    pub(crate) page_size: u32,
    /// What the last list of the region ended with.
    pub(crate) difference: Option<i64>,
}

/// How a region stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionStats {
    /// Which one.
    pub region: RegionId,
    /// Distinct applications that are watched.
    pub watched: usize,
    /// Applications of the last complete list, if there was one.
    pub applications: Option<usize>,
}

/// How the list of applications ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SweepEnd {
    /// Complete, after so many pages of this size, with this difference between SAE's count and its list.
    Complete { pages: u32, page_size: u32, applications: usize, difference: Option<i64> },
    /// It was not read.
    Left,
    /// Somewhere in between, by something that passes.
    BrokenOff,
    /// By a refusal that stays.
    Refused,
}

impl Precheck {
    pub(crate) fn new(calls_per_minute: u32) -> Self {
        Self { calls_per_minute, keys: HashMap::new(), regions: BTreeMap::new() }
    }

    /// Changes the budget from now on; returns the regions whose next sweep may come at another time. One that a
    /// smaller budget has put far off comes at the pace of the larger one.
    pub(crate) fn set_budget(&mut self, calls_per_minute: u32, now: Instant) -> Vec<RegionKey> {
        self.calls_per_minute = calls_per_minute;
        let all = self.work();
        for region in self.regions.values_mut() {
            let latest = now + period(region.work(), all, calls_per_minute);
            region.not_before = region.not_before.min(latest);
        }
        self.regions.keys().copied().collect()
    }

    /// Another target; the key of its region, which is `new_key` if it has none.
    pub(crate) fn join(
        &mut self,
        target: &Target,
        key: TargetKey,
        new_key: RegionKey,
        now: Instant,
    ) -> RegionKey {
        let region_key = *self.keys.entry(target.region.clone()).or_insert(new_key);
        let region =
            self.regions.entry(region_key).or_insert_with(|| Region::new(target.region.clone(), now));
        region.targets += 1;
        let targets = &mut region.apps.entry(target.app.clone()).or_default().targets;
        targets.reserve_exact(1);
        targets.push(key);
        region_key
    }

    /// A target less; the key of its region.
    pub(crate) fn leave(&mut self, target: &Target, key: TargetKey) -> Option<RegionKey> {
        let region_key = *self.keys.get(&target.region)?;
        let region = self.regions.get_mut(&region_key)?;
        region.targets -= 1;
        region.slow.remove(&key);
        if let Some(app) = region.apps.get_mut(&target.app) {
            app.targets.retain(|target| *target != key);
            if app.targets.is_empty() {
                region.apps.remove(&target.app);
            }
        }
        self.drop_unwatched(region_key);
        Some(region_key)
    }

    /// A target is polled with this period; the key of its region if that begins or ends the sweeps of it.
    pub(crate) fn set_period(
        &mut self,
        target: &Target,
        key: TargetKey,
        period: Option<Duration>,
    ) -> Option<RegionKey> {
        let region_key = *self.keys.get(&target.region)?;
        let region = self.regions.get_mut(&region_key)?;
        let was_swept = region.is_swept();
        if period.is_some_and(|period| period > OFTEN) {
            region.slow.insert(key);
        } else {
            region.slow.remove(&key);
        }
        (region.is_swept() != was_swept).then_some(region_key)
    }

    /// When the next sweep of a region is due.
    pub(crate) fn due(&self, key: RegionKey) -> Option<Instant> {
        self.regions.get(&key)?.due()
    }

    /// A sweep begins.
    pub(crate) fn begin(&mut self, key: RegionKey, number: RunNumber, now: Instant) -> Option<Sweep> {
        let region = self.regions.get_mut(&key)?;
        region.current = Some((number, now));
        let reads_applications = region.applications.admits(now);
        // Where it is the only one, the sweeps come as rarely as it is to be read.
        let reads_availability =
            region.availability.admits(now) && (region.usefulness.is_due() || !reads_applications);
        if reads_applications {
            region.applications.allow();
        }
        if reads_availability {
            region.availability.allow();
        }
        let list = ApplicationsList { page_size: region.page_size, difference: region.difference };
        Some(Sweep {
            region: region.id.clone(),
            availability: reads_availability,
            applications: reads_applications.then_some(list),
        })
    }

    /// Whether a sweep is under way and still wanted.
    pub(crate) fn is_wanted(&self, key: RegionKey, number: RunNumber) -> bool {
        self.regions.get(&key).is_some_and(|region| {
            region.is_swept() && region.current.is_some_and(|(current, _)| current == number)
        })
    }

    /// Takes in one page of the list of applications; returns whose numbers moved.
    pub(crate) fn listed(
        &mut self,
        key: RegionKey,
        number: RunNumber,
        page: &[ListedApplication],
    ) -> Vec<Moved> {
        self.regions.get_mut(&key).map(|region| region.listed(number, page)).unwrap_or_default()
    }

    /// Takes in the list of abnormal instances of the sweep under way; returns the hints that it gives.
    pub(crate) fn abnormal(&mut self, key: RegionKey, list: &[AbnormalInstances]) -> Hinted {
        let Some(region) = self.regions.get_mut(&key) else { return Hinted::default() };
        let Some((_, began)) = region.current else { return Hinted::default() };
        region.abnormal(list, began)
    }

    /// The list of abnormal instances is refused.
    pub(crate) fn availability_refused(&mut self, key: RegionKey, now: Instant) {
        if let Some(region) = self.regions.get_mut(&key) {
            region.availability.refused(now);
        }
    }

    /// What the poll for a hint has shown of the list that gave it.
    pub(crate) fn judge(&mut self, target: &Target, confirmed: bool, now: Instant) {
        let Some(region) = self.region_mut(target) else { return };
        if confirmed {
            region.usefulness.confirmed();
        } else {
            region.usefulness.nothing_new(now);
        }
    }

    /// A poll by the clock found more instances failing or unhealthy than the one before.
    pub(crate) fn found_worse(&mut self, target: &Target, now: Instant) {
        if let Some(region) = self.region_mut(target) {
            region.found_worse(&target.app, now);
        }
    }

    /// A sweep ended; returns which applications the list no longer has.
    pub(crate) fn end(
        &mut self,
        key: RegionKey,
        end: SweepEnd,
        hint: Option<Duration>,
        now: Instant,
    ) -> Vec<Moved> {
        let Some(region) = self.regions.get_mut(&key) else { return Vec::new() };
        let Some((number, began)) = region.current.take() else { return Vec::new() };
        let mut gone = Vec::new();
        match end {
            SweepEnd::Left | SweepEnd::BrokenOff => {}
            SweepEnd::Refused => region.applications.refused(now),
            SweepEnd::Complete { pages, page_size, applications, difference } => {
                (region.pages, region.page_size, region.difference) = (pages, page_size, difference);
                region.listed = Some(applications);
                gone = region.unlisted(number);
                region.swept = Some(began);
            }
        }
        let every = self.every(key);
        if let Some(region) = self.regions.get_mut(&key) {
            region.not_before = began + (every * region.stride()).max(hint.unwrap_or_default());
        }
        self.drop_unwatched(key);
        gone
    }

    /// Drops a region without targets, unless a sweep of it is under way.
    fn drop_unwatched(&mut self, key: RegionKey) {
        let is_unwatched = |region: &&Region| region.targets == 0 && region.current.is_none();
        if let Some(region) = self.regions.get(&key).filter(is_unwatched) {
            self.keys.remove(&region.id);
            self.regions.remove(&key);
        }
    }

    /// Whether the lists of applications would show if the groups of this target changed.
    pub(crate) fn covers(&self, target: &Target, now: Instant) -> bool {
        let Some(key) = self.keys.get(&target.region) else { return false };
        let Some(region) = self.regions.get(key).filter(|region| region.is_swept()) else { return false };
        let has_numbers = region.apps.get(&target.app).and_then(|app| app.numbers).is_some_and(|numbers| {
            let Numbers { wanted, running } = numbers;
            wanted.is_some() && running.is_some()
        });
        let is_fresh =
            |began: Instant| now.saturating_duration_since(began) <= self.every(*key).saturating_mul(3);
        has_numbers && region.swept.is_some_and(is_fresh)
    }

    /// The time between two sweeps of a region.
    fn every(&self, key: RegionKey) -> Duration {
        let region = self.regions.get(&key).map(Region::work).unwrap_or_default();
        period(region, self.work(), self.calls_per_minute)
    }

    /// What one sweep of each region costs, and whom they cover.
    fn work(&self) -> Work {
        let swept = self.regions.values().filter(|region| region.is_swept()).map(Region::work);
        swept.fold(Work::default(), |all, one| Work {
            calls: all.calls + one.calls,
            targets: all.targets + one.targets,
            served: all.served + one.served,
        })
    }

    /// Calls a minute that the sweeps take.
    pub(crate) fn calls_per_minute(&self) -> f64 {
        let all = self.work();
        let swept = self.regions.values().filter(|region| region.is_swept()).map(Region::work);
        swept.map(|one| one.calls * 60.0 / period(one, all, self.calls_per_minute).as_secs_f64()).sum()
    }

    /// SAE has answered a call in this region.
    pub(crate) fn answered(&mut self, key: RegionKey) {
        if let Some(region) = self.regions.get_mut(&key) {
            region.answered = true;
        }
    }

    /// The region with this key.
    pub(crate) fn id(&self, key: RegionKey) -> Option<&RegionId> {
        Some(&self.regions.get(&key)?.id)
    }

    /// The targets of an application.
    pub(crate) fn targets(&self, region: &RegionId, app: &AppId) -> &[TargetKey] {
        let region = self.keys.get(region).and_then(|key| self.regions.get(key));
        region.and_then(|region| region.apps.get(app)).map_or(&[], |app| &app.targets)
    }

    /// Whether the applications of a region are listed, or would be if that were not refused.
    pub(crate) fn lists(&self, key: RegionKey) -> bool {
        self.regions.get(&key).is_some_and(Region::is_swept)
    }

    /// The key of a target's region.
    pub(crate) fn key(&self, target: &Target) -> Option<RegionKey> {
        self.keys.get(&target.region).copied()
    }

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
            applications: region.listed,
        });
        let mut stats: Vec<RegionStats> = stats.filter(|region| region.watched > 0).collect();
        stats.sort_by(|a, b| b.watched.cmp(&a.watched).then_with(|| a.region.cmp(&b.region)));
        stats
    }

    /// Regions where a list is refused.
    pub(crate) fn refused(&self, list: Operation) -> usize {
        let is_off = |region: &&Region| match list {
            Operation::Applications => region.applications.is_off(),
            Operation::Availability => region.availability.is_off(),
            Operation::Instances | Operation::Groups | Operation::Status => false,
        };
        self.regions.values().filter(is_off).count()
    }

    fn region_mut(&mut self, target: &Target) -> Option<&mut Region> {
        self.regions.get_mut(self.keys.get(&target.region)?)
    }
}
