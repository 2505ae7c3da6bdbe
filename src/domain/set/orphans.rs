//! Which watches of a set have an application that is gone, or is selected no longer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::list::{RegionList, RegionLists};

/// How many complete lists in a row must be without an application (contract §15.1).
const LISTS: u32 = 3;
/// How long it must be from the first of them to the last.
const SPAN: SignedDuration = SignedDuration::from_mins(10);

/// What must be remembered from list to list: since when an application is not selected any more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetMemory {
    /// Whether a plan was made before. The first one of a process begins with the orphans of the status.
    has_begun: bool,
    /// The names of orphans.
    orphans: BTreeSet<String>,
    /// What is known of other watches whose application the newest list did not have, by the names of the watches.
    missing: BTreeMap<String, Missing>,
}

/// Complete lists in a row without an application.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Missing {
    /// The number of the first of them.
    first: u64,
    /// When reading that one began.
    since: Timestamp,
    /// The number of the newest.
    newest: u64,
    /// How many of them were seen.
    lists: u32,
}

/// What tells whether the application of a watch is gone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Evidence<'a> {
    /// The spec: it does not name the region, or the watch is not one that a set makes. No list is needed.
    Spec,
    /// The lists of a region.
    Lists(&'a RegionLists),
    /// Nothing yet.
    None,
}

impl SetMemory {
    /// The names of orphans, sorted.
    pub(super) fn orphans(&self) -> Vec<String> {
        self.orphans.iter().cloned().collect()
    }

    /// While nothing is listed a row of lists does not go on.
    pub fn paused(&self, known_orphans: &[String]) -> Self {
        Self { has_begun: true, orphans: self.orphans_before(known_orphans), missing: BTreeMap::new() }
    }

    /// What follows for the watches that no selected application has: those of these names.
    pub(super) fn next<'a>(
        &self,
        known_orphans: &[String],
        unselected: impl Iterator<Item = (&'a str, Evidence<'a>)>,
    ) -> Self {
        let before = self.orphans_before(known_orphans);
        let mut next = Self { has_begun: true, ..Self::default() };
        for (name, evidence) in unselected {
            let missing = self.missing.get(name).copied();
            let missing = match evidence {
                Evidence::Lists(RegionLists { list: Some(list), .. }) => Missing::after(missing, list),
                Evidence::Lists(_) | Evidence::None | Evidence::Spec => missing,
            };
            let is_gone = matches!(evidence, Evidence::Spec)
                || missing.is_some_and(|missing| missing.is_long_enough(evidence));
            if is_gone || before.contains(name) {
                next.orphans.insert(name.to_owned());
            } else if let Some(missing) = missing {
                next.missing.insert(name.to_owned(), missing);
            }
        }
        next
    }

    fn orphans_before(&self, known_orphans: &[String]) -> BTreeSet<String> {
        if self.has_begun { self.orphans.clone() } else { known_orphans.iter().cloned().collect() }
    }
}

impl Missing {
    /// What is known after a list without the application; `None` after one that makes no orphan.
    fn after(before: Option<Self>, list: &RegionList) -> Option<Self> {
        let RegionList { sequence, row_start, read_at, difference, applications: _ } = list;
        if difference.is_some() {
            return None;
        }
        Some(match before {
            Some(before) if before.newest == *sequence => before,
            // No list between the two was another than complete.
            Some(before) if before.newest < *sequence && *row_start <= before.first => {
                Self { newest: *sequence, lists: before.lists + 1, ..before }
            }
            Some(_) | None => Self { first: *sequence, since: *read_at, newest: *sequence, lists: 1 },
        })
    }

    fn is_long_enough(&self, evidence: Evidence<'_>) -> bool {
        let Evidence::Lists(RegionLists { list: Some(list), .. }) = evidence else { return false };
        self.lists >= LISTS && list.read_at.duration_since(self.since) >= SPAN
    }
}
