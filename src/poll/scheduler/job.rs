//! What the scheduler starts: a poll of a target, or the pre-check of a region.

use std::sync::Arc;
use std::time::Duration;

use super::lanes::Lane;
use crate::domain::Target;
use crate::poll::targets::{RegionKey, RunNumber, Sweep, TargetKey};
use crate::sae::{AskError, Known};

/// What waits in the lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum JobKey {
    /// A poll of the target with this key.
    Poll(TargetKey),
    /// A pre-check of the region with this key.
    Sweep(RegionKey),
}

/// One start of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobRun {
    pub(crate) key: JobKey,
    pub(crate) lane: Lane,
    pub(crate) number: RunNumber,
}

/// What a job does.
#[derive(Debug)]
pub(crate) enum Job {
    /// Poll a target.
    Poll(Plan),
    /// List the applications of a region.
    Sweep(Sweep),
}

/// What to ask about a target, and what is known from the polls before.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Arc<Target>,
    /// How long one call may take.
    pub(crate) timeout: Duration,
    pub(crate) known: Known,
}

/// Why a job has no answer.
pub(crate) type PollError = AskError<Withdrawn>;

/// No watch needs the answer any more.
#[derive(Debug)]
pub(crate) struct Withdrawn;
