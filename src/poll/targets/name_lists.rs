//! When is a region listed for nothing but the names of its applications (contract §12)? Only where no list is read
//! anyway.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::key::{RegionKey, RunNumber};
use super::precheck::OFF;
use crate::api::RegionId;

/// The shortest time between two such lists of a region.
const EVERY: Duration = Duration::from_secs(600);

/// The lists of all regions that are read for names alone.
#[derive(Debug, Default)]
pub(crate) struct NameLists {
    lists: BTreeMap<RegionKey, NameList>,
    /// When a region that was listed may be listed again. It outlives what is polled there: a watch that is resumed, or
    /// made again, must not bring the next list forward.
    not_before: BTreeMap<RegionId, Instant>,
}

#[derive(Debug)]
struct NameList {
    region: RegionId,
    /// Since when an application without a name has been observed, if one was since the last list.
    wanted: Option<Instant>,
    /// The list under way.
    run: Option<RunNumber>,
}

/// How such a list ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameListEnd {
    /// With all names.
    Complete,
    /// Somewhere in between, by something that passes.
    BrokenOff,
    /// By a refusal that stays.
    Refused,
}

impl NameLists {
    /// An application without a name was observed in a region.
    pub(crate) fn want(&mut self, key: RegionKey, region: &RegionId, now: Instant) {
        self.not_before.retain(|_, at| *at > now);
        let new = || NameList { region: region.clone(), wanted: None, run: None };
        self.lists.entry(key).or_insert_with(new).wanted.get_or_insert(now);
    }

    /// When a region is to be listed.
    pub(crate) fn due(&self, key: RegionKey) -> Option<Instant> {
        let list = self.lists.get(&key).filter(|list| list.run.is_none())?;
        let wanted = list.wanted?;
        Some(self.not_before.get(&list.region).map_or(wanted, |at| wanted.max(*at)))
    }

    /// A list begins.
    pub(crate) fn begin(&mut self, key: RegionKey, number: RunNumber, now: Instant) {
        if let Some(list) = self.lists.get_mut(&key) {
            (list.wanted, list.run) = (None, Some(number));
            self.not_before.insert(list.region.clone(), now + EVERY);
        }
    }

    /// Whether a list is under way and still wanted.
    pub(crate) fn is_under_way(&self, key: RegionKey, number: RunNumber) -> bool {
        self.lists.get(&key).is_some_and(|list| list.run == Some(number))
    }

    /// A list ended. One that brought no names is wanted again.
    pub(crate) fn end(&mut self, key: RegionKey, end: NameListEnd, now: Instant) {
        let Some(list) = self.lists.get_mut(&key) else { return };
        list.run = None;
        if end != NameListEnd::Complete {
            list.wanted.get_or_insert(now);
        }
        if end == NameListEnd::Refused {
            self.not_before.insert(list.region.clone(), now + OFF);
        }
    }

    /// Nothing is polled in a region any more.
    pub(crate) fn forget(&mut self, key: RegionKey) {
        self.lists.remove(&key);
    }
}
