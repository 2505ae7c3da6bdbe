//! What one poll is made with, and what is kept of it for the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::groups::KnownGroups;
use crate::domain::{Headcount, Target};
use crate::sae::Known;

/// What is to be asked, and what is known from the polls before.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) target: Arc<Target>,
    /// How long one call may take.
    pub(super) timeout: Duration,
    pub(super) known: Known,
}

/// What of an answer is kept for the next poll.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    pub(super) groups: Option<KnownGroups>,
    pub(super) last: Option<Headcount>,
    /// By how much SAE's count of a group differed from its list.
    pub(super) differences: BTreeMap<String, i64>,
    /// Calls for pages of instances.
    pub(super) calls: u32,
}
