//! What the scheduler starts: a poll of a target, the pre-check of a region, a list for names, or a diagnosis.

use std::sync::Arc;
use std::time::Duration;

use super::lanes::Lane;
use crate::api::RegionId;
use crate::domain::{Named, Target};
use crate::poll::targets::{ApplicationsList, RegionKey, RunNumber, Sweep, TargetKey};
use crate::sae::{AskError, DiagnosisQuestion, Known};

/// What waits in the lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum JobKey {
    /// A poll of the target with this key.
    Poll(TargetKey),
    /// The same, for new and changed watches of sets: a second place in the lanes, beside the one that the target has
    /// for all else. It is never the key of a run.
    OfSet(TargetKey),
    /// A pre-check of the region with this key.
    Sweep(RegionKey),
    /// A list for the name with this key, and perhaps for others of its region.
    Resolve(TargetKey),
    /// A list of the region with this key for the names of its applications.
    Names(RegionKey),
    /// Why the application of the target with this key is unwell.
    Diagnosis(TargetKey),
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
    /// Find applications by name, or their names.
    LookUp(Lookup),
    /// Ask why an application is unwell. Each call may take so long.
    Diagnose(DiagnosisQuestion, Duration),
}

/// What to ask about a target, and what is known from the polls before.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Arc<Target>,
    /// How long one call may take.
    pub(crate) timeout: Duration,
    pub(crate) known: Known,
}

/// Which applications to list.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) region: RegionId,
    /// The one that is looked for; `None`: all of the region.
    pub(crate) named: Option<Arc<Named>>,
    /// How to read all of them.
    pub(crate) list: ApplicationsList,
    /// How long one call may take; `None` where no watch says.
    pub(crate) timeout: Option<Duration>,
}

/// Why a job has no answer.
pub(crate) type PollError = AskError<Withdrawn>;

/// No watch needs the answer any more.
#[derive(Debug)]
pub(crate) struct Withdrawn;
