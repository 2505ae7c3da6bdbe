//! Whose turn it is.

use super::lanes::Lane;

/// What waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Job {
    /// A poll of the target with this key.
    Poll(u64),
    /// A pre-check of the region with this key.
    Sweep(u64),
}

/// One start of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) job: Job,
    pub(super) lane: Lane,
    /// No two starts have the same.
    pub(super) number: u64,
}
