//! The lists of applications that sets read (contract §15.1).

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::Scheduler;
use crate::api::RegionId;
use crate::domain::set::{ListedApp, RegionLists};
use crate::domain::{Named, Target};
use crate::poll::ListNewsSender;
use crate::poll::subscription::SetId;
use crate::poll::targets::RegionKey;

impl Scheduler {
    /// Has the applications of these regions listed for a set; replaces what it read before. Whether that changes what is
    /// read.
    pub(crate) fn read_lists(
        &mut self,
        set: &SetId,
        regions: BTreeSet<RegionId>,
        news: &ListNewsSender,
        now: Instant,
    ) -> bool {
        let number = &mut self.number;
        let new_key = || {
            *number += 1;
            RegionKey(*number)
        };
        let changed = self.precheck.read(set, regions, news, new_key, now);
        for key in &changed {
            self.schedule_sweep(*key);
            self.forget_unpolled(*key);
        }
        !changed.is_empty()
    }

    /// How the lists of a region stand. While the credentials are rejected, none is read, and none has to fail to say so.
    pub(crate) fn lists(&self, region: &RegionId) -> RegionLists {
        let lists = self.precheck.lists_of(region);
        match self.gate.credentials.failure() {
            Some(failure) => {
                RegionLists { failures: lists.failures.max(1), failure: Some(failure.clone()), ..lists }
            }
            None => lists,
        }
    }

    /// The name of an application, if a list that sets read has it: a watch that a set made need not wait for the next list
    /// to show it.
    pub(super) fn listed_name(&self, target: &Target) -> Option<Arc<Named>> {
        let list = self.precheck.lists_of(&target.region).list?;
        let place = list.applications.binary_search_by(|app| app.id.cmp(&target.app)).ok()?;
        let ListedApp { name, namespace, .. } = list.applications.get(place)?;
        let (name, namespace) = (name.as_deref()?.parse().ok()?, namespace.as_deref()?.parse().ok()?);
        Some(Arc::new(Named { name, namespace }))
    }
}
