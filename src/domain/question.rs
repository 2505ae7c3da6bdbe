//! The question that is decided, and its answer: everything that goes in, everything that comes out.

use jiff::{SignedDuration, Timestamp};

use super::facts::Facts;
use super::meaning::ListDigest;
use super::memory::Memory;
use super::{Event, Observation, Pace};
use crate::api::{InstanceStatus, RegionId, SaeAppWatchSpec, SaeAppWatchStatus};

/// All that a decision depends on.
#[derive(Debug)]
pub struct Input<'a> {
    /// What the user asked for.
    pub spec: &'a SaeAppWatchSpec,
    /// Why the spec cannot be read, if it cannot: then `spec` is what could be read of it.
    pub unreadable: Option<&'a str>,
    /// Which watch, and which version of what the user asked for.
    pub meta: Meta<'a>,
    /// The stored status without its list; `None` for a watch that has none.
    pub last: Option<&'a SaeAppWatchStatus>,
    /// The checksums of the stored list.
    pub list: ListDigest,
    /// What the stored list said of each instance.
    pub facts: &'a Facts,
    /// A good answer that the status does not show yet.
    pub observation: Option<&'a Observation>,
    /// How the operator was started.
    pub settings: &'a Settings,
    /// How the polls go.
    pub pace: &'a Pace,
    /// What this process remembers.
    pub memory: &'a Memory,
    /// The time, in whole seconds, as a status holds it.
    pub now: Timestamp,
}

/// The metadata that matters.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.uid`.
    pub uid: &'a str,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Timestamp>,
    /// The value of the annotation that asks for a poll now.
    pub request: Option<&'a str>,
}

/// How the operator was started.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How often an unchanged status is written all the same.
    pub heartbeat: SignedDuration,
    /// The region of watches that name none.
    pub default_region: Option<RegionId>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to store, without its list; `None` where the stored one says it all.
    pub write: Option<SaeAppWatchStatus>,
    /// Whether storing it is left for later: a new watch without an outcome is given some seconds to have one.
    pub is_deferred: bool,
    /// The list to store; `None` to leave the stored one.
    pub list: Option<Vec<InstanceStatus>>,
    /// What to tell, before anything is stored.
    pub events: Vec<Event>,
    /// When to look again if nothing happens before; `None`: no need to.
    pub wake: Option<SignedDuration>,
    /// What to remember, once everything is stored.
    pub memory: Memory,
}

impl Decision {
    /// The status from now on: the one to store, or else the one that is stored.
    pub fn status<'a>(&'a self, stored: Option<&'a SaeAppWatchStatus>) -> Option<&'a SaeAppWatchStatus> {
        self.write.as_ref().or(stored)
    }
}
