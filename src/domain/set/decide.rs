//! What the status of a set says now, and what just happened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::list::RegionLists;
use super::plan::Plan;
use crate::api::{RegionId, SaeAppWatchSetSpec, SaeAppWatchSetStatus};
use crate::domain::{Access, Event};

/// All that a decision depends on.
#[derive(Debug)]
pub struct SetInput<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.uid`.
    pub uid: &'a str,
    /// What the team declares; or what of it cannot be read, or contradicts the operator's flags.
    pub spec: Result<&'a SaeAppWatchSetSpec, &'a str>,
    /// The stored status.
    pub last: &'a SaeAppWatchSetStatus,
    /// Whether SAE may be asked, and the default region.
    pub access: &'a Access,
    /// How the lists of its regions stand.
    pub regions: &'a BTreeMap<RegionId, RegionLists>,
    /// What is to be applied, and what is not watched.
    pub plan: &'a Plan,
    /// How many watches the set owns, and how many of those are Degraded or Unhealthy.
    pub watches: (usize, usize),
    /// Why the newest apply failed, in the API server's words, if none succeeded after it.
    pub apply_failure: Option<&'a str>,
    /// When anything but conditions was written last by this process.
    pub written: Option<Timestamp>,
    /// Since when this process knows the set.
    pub known_since: Timestamp,
    /// How often an unchanged status is written all the same.
    pub heartbeat: SignedDuration,
    /// The time, in whole seconds.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct SetDecision {
    /// The status to store; `None` where the stored one says it all.
    pub write: Option<SaeAppWatchSetStatus>,
    /// What to emit before.
    pub event: Option<Event>,
    /// When to decide again if nothing happens before.
    pub wake: SignedDuration,
}

/// Decides.
pub fn decide_set(input: &SetInput<'_>) -> SetDecision {
    SetDecision { write: None, event: None, wake: input.heartbeat }
}
