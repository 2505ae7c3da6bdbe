//! Everything that goes into a decision.

use jiff::{SignedDuration, Timestamp};

use super::fingerprint::ListFingerprint;
use super::instance_memo::InstanceMemos;
use super::memory::Memory;
use super::{Access, Identity, Observation, Pace};
use crate::api::{RegionId, SaeAppWatchSpec, SaeAppWatchStatus};

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
    /// The fingerprints of the stored list.
    pub list: ListFingerprint,
    /// What the stored list said of each instance.
    pub instances: &'a InstanceMemos,
    /// A good answer that the status does not show yet.
    pub observation: Option<&'a Observation>,
    /// How the operator was started.
    pub settings: &'a Settings,
    /// Whether SAE may be asked, and with which account.
    pub access: &'a Access,
    /// The application, as far as the polls know it.
    pub identity: &'a Identity,
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
    /// The region of watches that name none, and whose account names none.
    pub default_region: Option<RegionId>,
}
