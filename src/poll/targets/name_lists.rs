//! When is a region listed for nothing but the names of its applications (contract §12)? Only where no list is read
//! anyway.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::key::{RegionKey, RunNumber};

/// The shortest time between two such lists of a region.
const EVERY: Duration = Duration::from_secs(600);
/// How long a region is not listed where that is refused, as the pre-check.
const OFF: Duration = Duration::from_secs(3600);

/// The lists of all regions that are read for names alone.
#[derive(Debug, Default)]
pub(crate) struct NameLists(BTreeMap<RegionKey, NameList>);

#[derive(Debug)]
struct NameList {
    /// Whether an application without a name was observed since the last list.
    is_wanted: bool,
    not_before: Instant,
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
    pub(crate) fn want(&mut self, key: RegionKey, now: Instant) {
        let list = self.0.entry(key).or_insert(NameList { is_wanted: false, not_before: now, run: None });
        list.is_wanted = true;
    }

    /// When a region is to be listed.
    pub(crate) fn due(&self, key: RegionKey) -> Option<Instant> {
        let list = self.0.get(&key)?;
        (list.is_wanted && list.run.is_none()).then_some(list.not_before)
    }

    /// A list begins.
    pub(crate) fn begin(&mut self, key: RegionKey, number: RunNumber, now: Instant) {
        if let Some(list) = self.0.get_mut(&key) {
            *list = NameList { is_wanted: false, not_before: now + EVERY, run: Some(number) };
        }
    }

    /// Whether a list is under way and still wanted.
    pub(crate) fn is_under_way(&self, key: RegionKey, number: RunNumber) -> bool {
        self.0.get(&key).is_some_and(|list| list.run == Some(number))
    }

    /// A list ended. One that brought no names is wanted again.
    pub(crate) fn end(&mut self, key: RegionKey, end: NameListEnd, now: Instant) {
        let Some(list) = self.0.get_mut(&key) else { return };
        list.run = None;
        list.is_wanted |= end != NameListEnd::Complete;
        if end == NameListEnd::Refused {
            list.not_before = now + OFF;
        }
    }

    /// Nothing is polled in a region any more.
    pub(crate) fn forget(&mut self, key: RegionKey) {
        self.0.remove(&key);
    }
}
