//! What a plan depends on.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::list::RegionLists;
use super::membership::SetWatch;
use super::orphans::{Evidence, SetMemory};
use crate::api::{RegionId, SaeAppWatchSetSpec};

/// All that a plan depends on.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// The name of the set.
    pub name: &'a str,
    /// `metadata.uid` of the set.
    pub uid: &'a str,
    /// What the team declares.
    pub spec: &'a SaeAppWatchSetSpec,
    /// How the lists of its regions stand.
    pub regions: &'a BTreeMap<RegionId, RegionLists>,
    /// The watches of its namespace that have its label, by their names.
    pub watches: &'a BTreeMap<&'a str, SetWatch<'a>>,
    /// The names that other watches of its namespace have, of those that its own would have.
    pub taken: &'a dyn Taken,
    /// The orphans that its status names.
    pub known_orphans: &'a [String],
    /// What the plan before this one remembered.
    pub memory: &'a SetMemory,
    /// The time, in whole seconds.
    pub now: Timestamp,
}

/// Says which names watches have that do not have the set's label.
pub trait Taken: std::fmt::Debug {
    /// Whether another watch has this name.
    fn is_taken(&self, name: &str) -> bool;
}

impl<'a> PlanInput<'a> {
    /// What tells whether the application of a watch is gone; of a watch whose name is no set's, nothing must tell it.
    pub(super) fn evidence(&self, region: Option<&RegionId>) -> Evidence<'a> {
        let Some(region) = region else { return Evidence::Spec };
        match (&self.spec.region_ids, self.regions.get(region)) {
            (Some(named), _) if !named.contains(region) => Evidence::Spec,
            (_, Some(lists)) => Evidence::Lists(lists),
            (Some(_), None) => Evidence::None,
            // The default region is another one now, which may pass, as with an account that is deleted and made again.
            (None, None) => self.regions.values().next().map_or(Evidence::None, Evidence::Lists),
        }
    }
}
