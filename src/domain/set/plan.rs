//! Which watches a set applies, and which of them are orphans.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::list::RegionLists;
use super::membership::SetWatch;
use crate::api::{AppId, RegionId, SaeAppWatchSetSpec};

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

/// What follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What is to be applied, the most important first.
    pub apply: Vec<Apply>,
    /// The names of orphans, sorted.
    pub orphans: Vec<String>,
    /// How many applications are selected.
    pub applications: usize,
    /// Of those, how many are beyond the limit.
    pub omitted: usize,
    /// The names that other watches have, sorted.
    pub conflicts: Vec<String>,
    /// What the next plan is to remember.
    pub memory: SetMemory,
}

/// One watch that is to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    /// The name of the watch.
    pub name: String,
    /// The region of the application.
    pub region: RegionId,
    /// The application.
    pub app: AppId,
    /// `metadata.uid` of the watch, if it is there.
    pub uid: Option<Box<str>>,
}

/// What must be remembered from list to list: since when an application is not selected any more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetMemory {}

/// Plans.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let _ = input;
    Plan::default()
}
