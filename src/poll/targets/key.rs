//! Keys of targets, regions and runs: numbers, so that every table that names one holds eight bytes.

/// A target that is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TargetKey(pub(crate) u64);

/// A region whose applications are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegionKey(pub(crate) u64);

/// One start of a job. No two starts have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RunNumber(pub(crate) u64);
