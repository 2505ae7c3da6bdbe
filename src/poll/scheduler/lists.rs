//! The lists of applications that sets read (contract §15.1).

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::Scheduler;
use crate::api::RegionId;
use crate::domain::set::RegionLists;
use crate::poll::ListNewsSender;
use crate::poll::subscription::SetId;

impl Scheduler {
    /// Has the applications of these regions listed for a set; replaces what it read before.
    #[expect(
        clippy::needless_pass_by_ref_mut,
        clippy::needless_pass_by_value,
        clippy::unused_self,
        reason = "not built"
    )]
    pub(crate) fn read_lists(
        &mut self,
        _set: &SetId,
        _regions: BTreeSet<RegionId>,
        _news: &ListNewsSender,
        _now: Instant,
    ) {
    }

    /// How the lists of a region stand.
    #[expect(clippy::unused_self, reason = "not built")]
    pub(crate) fn lists(&self, _region: &RegionId) -> RegionLists {
        RegionLists::default()
    }
}
