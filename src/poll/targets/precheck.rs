//! The pre-check: one list of all applications of a region shows whose numbers moved (contract §8).
//!
//! With 500 applications at 30 calls a minute a round of polls takes 17 minutes; the list takes three calls.
//! Equal numbers prove nothing (a failing probe moves none of them), so every target keeps its own polls.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::key::{RegionKey, RunNumber, TargetKey};
use crate::api::{AppId, RegionId};
use crate::domain::Target;
use crate::sae::{APPLICATIONS_PAGE_SIZES, ListedApplication};

/// From how many targets in a region one list is cheaper than what it saves.
const FROM: usize = 20;
/// The part of the budget that the lists of all regions take together. A fifth is the most they may (contract
/// §8); with a seventh of 30 calls a minute, 600 applications are listed every 42 s, and the polls have the rest.
const SHARE: f64 = 1.0 / 7.0;
/// The shortest time between two lists of a region: what changes faster is a poll's business.
const SHORTEST: Duration = Duration::from_secs(10);
/// How long the pre-check stays off in a region where it is refused.
const OFF: Duration = Duration::from_secs(3600);

/// The pre-checks of all regions.
#[derive(Debug)]
pub(crate) struct Precheck {
    /// Calls a minute that the lists may take.
    budget: f64,
    keys: HashMap<RegionId, RegionKey>,
    regions: BTreeMap<RegionKey, Region>,
}

/// How many instances an application has, as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) wanted: Option<i64>,
    pub(crate) running: Option<i64>,
}

/// An application whose numbers moved, or that is no longer listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) targets: Vec<TargetKey>,
    /// The new numbers; `None`: it is not listed any more.
    pub(crate) numbers: Option<Numbers>,
    /// When the list began that still had the old numbers. A poll since then may know already.
    pub(crate) since: Option<Instant>,
}

/// What is to be listed.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) region: RegionId,
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

/// How a list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SweepEnd {
    /// Complete, after so many pages, with this difference between SAE's count and its list.
    Complete { pages: u32, applications: usize, difference: Option<i64> },
    /// Somewhere in between, by something that passes.
    BrokenOff,
    /// By a refusal that stays.
    Refused,
}

#[derive(Debug)]
struct Region {
    id: RegionId,
    targets: usize,
    apps: BTreeMap<AppId, App>,
    pages: u32,
    difference: Option<i64>,
    /// The number of the list under way, and when it began.
    current: Option<(RunNumber, Instant)>,
    /// When the last complete list began.
    swept: Option<Instant>,
    not_before: Instant,
    refused: bool,
    /// Whether SAE has answered any call in it.
    answered: bool,
    /// How many applications the last complete list had.
    applications: Option<usize>,
}

#[derive(Debug, Default)]
struct App {
    /// Nearly always one.
    targets: Vec<TargetKey>,
    numbers: Option<Numbers>,
    /// The list that had it last.
    listed: RunNumber,
}

impl Precheck {
    pub(crate) fn new(calls_per_minute: u32) -> Self {
        Self { budget: f64::from(calls_per_minute) * SHARE, keys: HashMap::new(), regions: BTreeMap::new() }
    }

    /// Changes the budget from now on; returns the regions whose next list may come at another time. A list that a
    /// smaller budget has put far off comes at the pace of the larger one.
    pub(crate) fn set_budget(&mut self, calls_per_minute: u32, now: Instant) -> Vec<RegionKey> {
        self.budget = f64::from(calls_per_minute) * SHARE;
        let latest = now + self.every();
        for region in self.regions.values_mut().filter(|region| !region.refused) {
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
        let region = self.regions.entry(region_key).or_insert_with(|| Region {
            id: target.region.clone(),
            targets: 0,
            apps: BTreeMap::new(),
            pages: 0,
            difference: None,
            current: None,
            swept: None,
            not_before: now,
            refused: false,
            answered: false,
            applications: None,
        });
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
        if let Some(app) = region.apps.get_mut(&target.app) {
            app.targets.retain(|target| *target != key);
            if app.targets.is_empty() {
                region.apps.remove(&target.app);
            }
        }
        self.drop_unwatched(region_key);
        Some(region_key)
    }

    /// When the next list of a region is due.
    pub(crate) fn due(&self, key: RegionKey) -> Option<Instant> {
        let region = self.regions.get(&key)?;
        let wanted = region.targets >= FROM && region.current.is_none();
        wanted.then_some(region.not_before)
    }

    /// A list begins.
    pub(crate) fn begin(&mut self, key: RegionKey, number: RunNumber, now: Instant) -> Option<Sweep> {
        let region = self.regions.get_mut(&key)?;
        region.current = Some((number, now));
        region.refused = false;
        Some(Sweep { region: region.id.clone(), difference: region.difference })
    }

    /// Whether a list is under way and still wanted.
    pub(crate) fn is_wanted(&self, key: RegionKey, number: RunNumber) -> bool {
        self.regions.get(&key).is_some_and(|region| {
            region.targets >= FROM && region.current.is_some_and(|(current, _)| current == number)
        })
    }

    /// Takes in one page of a list; returns whose numbers moved.
    pub(crate) fn listed(
        &mut self,
        key: RegionKey,
        number: RunNumber,
        page: &[ListedApplication],
    ) -> Vec<Moved> {
        let Some(region) = self.regions.get_mut(&key) else { return Vec::new() };
        let mut moved = Vec::new();
        for ListedApplication { app, instances, running, .. } in page {
            let Some(app) = app.parse().ok().and_then(|id: AppId| region.apps.get_mut(&id)) else { continue };
            let numbers = Numbers { wanted: *instances, running: *running };
            if app.numbers.is_some_and(|before| before != numbers) {
                moved.push(Moved {
                    targets: app.targets.clone(),
                    numbers: Some(numbers),
                    since: region.swept,
                });
            }
            app.numbers = Some(numbers);
            app.listed = number;
        }
        moved
    }

    /// A list ended; returns which applications it no longer has.
    pub(crate) fn end(
        &mut self,
        key: RegionKey,
        end: SweepEnd,
        hint: Option<Duration>,
        now: Instant,
    ) -> Vec<Moved> {
        let every = self.every();
        let Some(region) = self.regions.get_mut(&key) else { return Vec::new() };
        let Some((number, began)) = region.current.take() else { return Vec::new() };
        region.not_before = began + every.max(hint.unwrap_or_default());
        let mut gone = Vec::new();
        match end {
            SweepEnd::BrokenOff => {}
            SweepEnd::Refused => {
                region.refused = true;
                region.not_before = now + OFF;
            }
            SweepEnd::Complete { pages, applications, difference } => {
                (region.pages, region.difference) = (pages, difference);
                region.applications = Some(applications);
                for app in region.apps.values_mut().filter(|app| app.listed != number) {
                    if app.numbers.take().is_some() {
                        gone.push(Moved { targets: app.targets.clone(), numbers: None, since: None });
                    }
                }
                region.swept = Some(began);
            }
        }
        self.drop_unwatched(key);
        gone
    }

    /// Drops a region without targets, unless a list of it is under way.
    fn drop_unwatched(&mut self, key: RegionKey) {
        let is_unwatched = |region: &&Region| region.targets == 0 && region.current.is_none();
        if let Some(region) = self.regions.get(&key).filter(is_unwatched) {
            self.keys.remove(&region.id);
            self.regions.remove(&key);
        }
    }

    /// Whether the lists would show if the groups of this target changed.
    pub(crate) fn covers(&self, target: &Target, now: Instant) -> bool {
        let Some(region) = self.keys.get(&target.region).and_then(|key| self.regions.get(key)) else {
            return false;
        };
        let has_numbers = region.apps.get(&target.app).and_then(|app| app.numbers).is_some_and(|numbers| {
            let Numbers { wanted, running } = numbers;
            wanted.is_some() && running.is_some()
        });
        let is_fresh =
            region.swept.is_some_and(|began| now.saturating_duration_since(began) <= self.every() * 3);
        region.targets >= FROM && is_fresh && has_numbers
    }

    /// The time between two lists of a region.
    fn every(&self) -> Duration {
        Duration::from_secs_f64(f64::from(self.pages()) * 60.0 / self.budget).max(SHORTEST)
    }

    /// Calls a minute that the lists take.
    pub(crate) fn calls_per_minute(&self) -> f64 {
        f64::from(self.pages()) * 60.0 / self.every().as_secs_f64()
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

    /// Whether a region is listed, or would be if that were not refused.
    pub(crate) fn lists(&self, key: RegionKey) -> bool {
        self.regions.get(&key).is_some_and(|region| region.targets >= FROM)
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
            applications: region.applications,
        });
        let mut stats: Vec<RegionStats> = stats.filter(|region| region.watched > 0).collect();
        stats.sort_by(|a, b| b.watched.cmp(&a.watched).then_with(|| a.region.cmp(&b.region)));
        stats
    }

    /// Regions where the lists are refused.
    pub(crate) fn refused(&self) -> usize {
        self.regions.values().filter(|region| region.refused).count()
    }

    /// Pages of one list of every region.
    fn pages(&self) -> u32 {
        let listed = self.regions.values().filter(|region| region.targets >= FROM && !region.refused);
        listed.map(|region| region.pages.max(expected_pages(region.apps.len()))).sum()
    }
}

/// The pages of a list that was never read: at least those of the applications that are watched.
fn expected_pages(apps: usize) -> u32 {
    u32::try_from(apps).unwrap_or(u32::MAX).div_ceil(APPLICATIONS_PAGE_SIZES.0)
}
