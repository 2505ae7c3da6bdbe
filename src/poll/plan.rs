//! What one poll is made with, what it brings, and what of that is kept for the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::groups::{KnownGroups, Tally};
use crate::domain::{ObservedGroup, ObservedInstance, Target};

/// What is to be asked, and what is known from the polls before.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) target: Arc<Target>,
    /// How long one call may take.
    pub(super) timeout: Duration,
    /// The groups, if they need no fresh look.
    pub(super) groups: Option<Arc<[ObservedGroup]>>,
    /// The numbers of the last poll.
    pub(super) last: Option<Tally>,
    /// By how much SAE's count of a group differed from its list in the last poll.
    pub(super) differences: BTreeMap<String, i64>,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) groups: Arc<[ObservedGroup]>,
    pub(super) instances: Vec<ObservedInstance>,
    pub(super) stopped: bool,
    pub(super) tally: Tally,
    /// Whether the groups were read in this attempt.
    pub(super) groups_read: bool,
    /// Calls for pages of instances: what the next poll will cost.
    pub(super) calls: u32,
    pub(super) differences: BTreeMap<String, i64>,
}

/// What of an answer is kept for the next poll.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    pub(super) groups: Option<KnownGroups>,
    pub(super) last: Option<Tally>,
    pub(super) differences: BTreeMap<String, i64>,
    pub(super) calls: u32,
}
