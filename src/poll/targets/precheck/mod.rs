//! Sweeps: two lists of all applications of a region show whose poll cannot wait for the clock (contract §8 and §13).
//!
//! With 500 applications at 30 calls a minute a round of polls takes 17 minutes; a sweep takes two calls.
//! ListApplications says whose numbers moved ([`region`]). GetAvailabilityMetric says where instances are abnormal, and
//! is no more than a hint: what SAE calls abnormal and how old the list is, no page says. Nothing of either list is ever
//! shown, and equal numbers prove nothing, so every target keeps its own polls.

mod access;
mod coverage;
mod reading;
mod region;
mod set_lists;
mod share;
mod stats;
mod usefulness;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use self::region::Region;
use self::set_lists::SetLists;
use self::share::{Work, period};
use super::key::{RegionKey, RunNumber, TargetKey};
use crate::api::{AppId, RegionId};
use crate::domain::{Failure, Target};
use crate::sae::{APPLICATIONS_PAGE_SIZES, AbnormalInstances, ListedApplication, Listing};

pub(crate) use self::access::OFF;
pub use self::coverage::RegionCoverage;
pub(crate) use self::region::{Hinted, Moved, Numbers};
pub use self::stats::RegionStats;

/// A region is swept while any of its targets is polled less often than every minute, to within a twentieth: the load
/// swings by that much when many targets read their groups, which is no reason to begin with sweeps.
const OFTEN: Duration = Duration::from_secs(63);

/// The sweeps of all regions.
#[derive(Debug)]
pub(crate) struct Precheck {
    calls_per_minute: u32,
    keys: HashMap<RegionId, RegionKey>,
    regions: BTreeMap<RegionKey, Region>,
    set_lists: SetLists,
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

impl Default for ApplicationsList {
    fn default() -> Self {
        Self { page_size: APPLICATIONS_PAGE_SIZES.0, difference: None }
    }
}

/// How the list of applications ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SweepEnd {
    /// It was read to its end, in pages of this size.
    Listed { list: Listing<ListedApplication>, page_size: u32 },
    /// It was not read, or not to its end, because no target and no set needs it now.
    Left,
    /// Somewhere in between, by something that passes.
    BrokenOff(Failure),
    /// By a refusal that stays.
    Refused(Failure),
}

impl Precheck {
    pub(crate) fn new(calls_per_minute: u32, now: Instant) -> Self {
        Self {
            calls_per_minute,
            keys: HashMap::new(),
            regions: BTreeMap::new(),
            set_lists: SetLists::new(now),
        }
    }

    /// Changes the budget from now on; returns the regions whose next sweep may come at another time. One that a
    /// smaller budget has put far off comes at the pace of the larger one.
    pub(crate) fn set_budget(&mut self, calls_per_minute: u32, now: Instant) -> Vec<RegionKey> {
        self.calls_per_minute = calls_per_minute;
        let (all, for_sets) = (self.work(), self.work_for_sets());
        for region in self.regions.values_mut() {
            let latest = now + period(region.work(), all, for_sets, calls_per_minute);
            region.not_before = region.not_before.min(latest);
        }
        let spacing = Duration::from_secs(60) / calls_per_minute.max(1);
        self.set_lists.hurry(for_sets.every(calls_per_minute), spacing, now);
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
        region.is_slow_no_more(key);
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
            region.is_slow_no_more(key);
        }
        (region.is_swept() != was_swept).then_some(region_key)
    }

    /// When a region is to be listed next, by a sweep or for sets alone.
    pub(crate) fn due(&self, key: RegionKey) -> Option<Instant> {
        if self.is_for_sets(key) { self.set_list_due(key) } else { self.regions.get(&key)?.due() }
    }

    /// A sweep begins.
    pub(crate) fn begin(&mut self, key: RegionKey, number: RunNumber, now: Instant) -> Option<Sweep> {
        let region = self.regions.get_mut(&key)?;
        region.current = Some((number, now));
        let reads_applications = region.applications.admits(now);
        // Where it is the only one, the sweeps come as rarely as it is to be read. Sets do not read it.
        let reads_availability = region.is_swept()
            && region.availability.admits(now)
            && (region.usefulness.is_due() || !reads_applications);
        if reads_applications {
            region.applications.allow();
        }
        if reads_availability {
            region.availability.allow();
        }
        Some(Sweep {
            region: region.id.clone(),
            availability: reads_availability,
            applications: reads_applications.then_some(region.how_to_list),
        })
    }

    /// How to read the applications of a region for their names.
    pub(crate) fn how_to_list(&self, region: &RegionId) -> ApplicationsList {
        let region = self.keys.get(region).and_then(|key| self.regions.get(key));
        region.map(|region| region.how_to_list).unwrap_or_default()
    }

    /// Whether a sweep is under way and still wanted.
    pub(crate) fn is_wanted(&self, key: RegionKey, number: RunNumber) -> bool {
        self.regions.get(&key).is_some_and(|region| {
            let is_read = region.is_swept() || self.set_lists.reads(key);
            is_read && region.current.is_some_and(|(current, _)| current == number)
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
            region.forget_worse();
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
        (now, wall): (Instant, Timestamp),
    ) -> Vec<Moved> {
        let Some(region) = self.regions.get_mut(&key) else { return Vec::new() };
        let Some((number, began)) = region.current.take() else { return Vec::new() };
        let mut gone = Vec::new();
        let was_read = !matches!(end, SweepEnd::Left);
        let reading = self.set_lists.get_mut(key);
        match end {
            SweepEnd::Left => {}
            SweepEnd::BrokenOff(failure) => {
                if let Some(reading) = reading {
                    reading.failed(failure);
                }
            }
            SweepEnd::Refused(failure) => {
                region.applications.refused(now);
                if let Some(reading) = reading {
                    reading.failed(failure);
                }
            }
            SweepEnd::Listed { list, page_size } => {
                region.how_to_list.page_size = page_size;
                region.read(&list, began);
                gone = region.unlisted(number);
                if let Some(reading) = reading {
                    let age = SignedDuration::try_from(now.saturating_duration_since(began));
                    reading.listed(list, wall - age.unwrap_or_default());
                }
            }
        }
        let (every, every_for_sets) = (self.every(key), self.work_for_sets().every(self.calls_per_minute));
        let hint = hint.unwrap_or_default();
        if let Some(region) = self.regions.get_mut(&key) {
            region.not_before = began + (every * region.stride()).max(hint);
        }
        if let Some(reading) = self.set_lists.get_mut(key).filter(|_| was_read) {
            reading.due_at = began + reading.wait(every_for_sets).max(hint);
        }
        self.drop_unwatched(key);
        gone
    }

    /// Drops a region without targets that no set reads, unless a list of it is under way.
    fn drop_unwatched(&mut self, key: RegionKey) {
        let is_read = self.set_lists.reads(key);
        let is_unwatched = |region: &&Region| !is_read && region.targets == 0 && region.current.is_none();
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
        period(region, self.work(), self.work_for_sets(), self.calls_per_minute)
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

    /// Calls a minute that the sweeps and the lists for sets take.
    pub(crate) fn calls_per_minute(&self) -> f64 {
        let (all, for_sets) = (self.work(), self.work_for_sets());
        let every = |one| period(one, all, for_sets, self.calls_per_minute).as_secs_f64();
        let swept = self.regions.values().filter(|region| region.is_swept()).map(Region::work);
        let sweeps: f64 = swept.map(|one| one.calls * 60.0 / every(one)).sum();
        sweeps + for_sets.calls_per_minute(self.calls_per_minute)
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

    fn region_mut(&mut self, target: &Target) -> Option<&mut Region> {
        self.regions.get_mut(self.keys.get(&target.region)?)
    }
}
