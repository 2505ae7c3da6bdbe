//! When is a region listed for sets (contract §15.1)? Where it is swept anyway, with its sweeps; else every 10 minutes, one
//! region after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::reading::Reading;
use super::region::Region;
use super::share::ForSets;
use super::{Precheck, RegionKey};
use crate::api::RegionId;
use crate::domain::Failure;
use crate::domain::set::RegionLists;
use crate::poll::ListNewsSender;
use crate::poll::subscription::SetId;

/// Lists for sets alone have one call in so many, also the first ones and those that are read again soon.
const ONE_IN: u32 = 3;

/// The regions that sets read.
#[derive(Debug)]
pub(super) struct SetLists {
    readings: BTreeMap<RegionKey, Reading>,
    /// When the next call of a list may start that is read for sets alone.
    next_at: Instant,
}

impl SetLists {
    pub(super) fn new(now: Instant) -> Self {
        Self { readings: BTreeMap::new(), next_at: now }
    }

    /// Whether a set reads the region with this key.
    pub(super) fn reads(&self, key: RegionKey) -> bool {
        self.readings.contains_key(&key)
    }

    pub(super) fn get_mut(&mut self, key: RegionKey) -> Option<&mut Reading> {
        self.readings.get_mut(&key)
    }

    /// With another budget, nothing waits longer than it would have from now on.
    pub(super) fn hurry(&mut self, every: Duration, spacing: Duration, now: Instant) {
        self.next_at = self.next_at.min(now + spacing * ONE_IN);
        for reading in self.readings.values_mut() {
            reading.due_at = reading.due_at.min(now + every);
        }
    }
}

impl Precheck {
    /// A set reads these regions and no others; returns the keys of those that are read now and were not before, or the
    /// other way round. `new_key` is for a region that has none.
    pub(crate) fn read(
        &mut self,
        set: &SetId,
        regions: BTreeSet<RegionId>,
        news: &ListNewsSender,
        mut new_key: impl FnMut() -> RegionKey,
        now: Instant,
    ) -> Vec<RegionKey> {
        let mut changed = self.stop_reading(set, &regions);
        for region in regions {
            let key = *self.keys.entry(region.clone()).or_insert_with(&mut new_key);
            let region = self.regions.entry(key).or_insert_with(|| Region::new(region, now));
            let reading = self.set_lists.readings.entry(key).or_insert_with(|| {
                changed.push(key);
                // No set that reads now has heard of its refusal.
                region.applications.allow();
                Reading::new(now)
            });
            reading.join(set, news);
        }
        changed
    }

    /// A set reads none but these any more; returns the keys of regions that no set reads then.
    fn stop_reading(&mut self, set: &SetId, regions: &BTreeSet<RegionId>) -> Vec<RegionKey> {
        let mut unread = Vec::new();
        for (key, reading) in &mut self.set_lists.readings {
            let is_kept = self.regions.get(key).is_some_and(|region| regions.contains(&region.id));
            if !is_kept && reading.is_read_by(set) {
                reading.leave(set);
                unread.extend(reading.is_unread().then_some(*key));
            }
        }
        for key in &unread {
            self.set_lists.readings.remove(key);
            self.drop_unwatched(*key);
        }
        unread
    }

    /// How the lists of a region stand.
    pub(crate) fn lists_of(&self, region: &RegionId) -> RegionLists {
        let reading = self.keys.get(region).and_then(|key| self.set_lists.readings.get(key));
        reading.map(Reading::lists).unwrap_or_default()
    }

    /// The regions that sets read.
    pub(crate) fn read_regions(&self) -> Vec<RegionKey> {
        self.set_lists.readings.keys().copied().collect()
    }

    /// Notifies all sets that read lists.
    pub(crate) fn notify_readers(&self) {
        self.set_lists.readings.values().for_each(Reading::notify);
    }

    /// Lists that ended in such a failure are read again at once.
    pub(crate) fn retry_lists(&mut self, is_such: fn(&Failure) -> bool, now: Instant) {
        for (key, reading) in &mut self.set_lists.readings {
            if !reading.has_failed_by(is_such) {
                continue;
            }
            reading.due_at = now;
            if let Some(region) = self.regions.get_mut(key) {
                region.applications.allow();
            }
        }
    }

    /// A call of a list starts; `spacing` lies between two calls of the account.
    pub(crate) fn spend(&mut self, key: RegionKey, spacing: Duration, now: Instant) {
        if self.is_for_sets(key) {
            self.set_lists.next_at = self.set_lists.next_at.max(now) + spacing * ONE_IN;
        }
    }

    /// When a region is to be listed that only sets read: those that are due take turns, so that their calls can be
    /// counted before the next one begins.
    pub(super) fn set_list_due(&self, key: RegionKey) -> Option<Instant> {
        let for_sets = || self.for_sets();
        if for_sets().any(|(_, region, _)| region.current.is_some()) {
            return None;
        }
        let at = |(key, region, reading): (RegionKey, &Region, &Reading)| {
            let opens_at = region.applications.opens_at();
            (opens_at.map_or(reading.due_at, |at| reading.due_at.max(at)), key)
        };
        let (at, first) = for_sets().map(at).min()?;
        (first == key).then(|| at.max(self.set_lists.next_at))
    }

    /// Whether a region is listed for sets alone.
    pub(super) fn is_for_sets(&self, key: RegionKey) -> bool {
        self.set_lists.reads(key) && self.regions.get(&key).is_some_and(|region| !region.is_swept())
    }

    /// What lists cost that are read for sets alone.
    pub(super) fn work_for_sets(&self) -> ForSets {
        // Of a list that was never read it is known only that it has a page.
        let listed = self.for_sets().filter(|(_, region, _)| !region.applications.is_off());
        let pages = listed.map(|(_, region, _)| f64::from(region.pages().max(1)));
        ForSets { calls: pages.sum() }
    }

    fn for_sets(&self) -> impl Iterator<Item = (RegionKey, &Region, &Reading)> {
        let read = self.set_lists.readings.iter();
        let read = read.filter_map(|(key, reading)| Some((*key, self.regions.get(key)?, reading)));
        read.filter(|(_, region, _)| !region.is_swept())
    }
}
