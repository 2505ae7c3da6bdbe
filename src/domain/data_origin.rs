//! Whose data a status shows: that of the target which the spec names now, or of an earlier one (contract §5).

use super::Target;
use super::conditions::ConditionType::{AppHealthy, Ready};
use super::draft::Draft;
use crate::api::{SaeAppWatchStatus, SaeId};

/// Whether there is data to show, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataOrigin {
    /// Nothing was ever observed.
    None,
    /// What is shown answers the question that the spec asks.
    Current,
    /// What is shown answers an earlier question: other groups, another region, other filters.
    OldTarget,
}

impl Draft<'_> {
    /// Whose data the status shows. A process that just started does not know the target of the data; then the
    /// status itself says as much as it can.
    pub(super) fn data_origin(&self) -> DataOrigin {
        if self.status.observed_at.is_none() {
            return DataOrigin::None;
        }
        let Some(target) = &self.target else {
            // A name whose id is not known was never polled where the spec says that it is.
            let is_other =
                self.wanted.is_some() || self.names_another_account() || self.stored_data_is_left_behind();
            return if is_other { DataOrigin::OldTarget } else { DataOrigin::Current };
        };
        let is_other = match self.memory.target {
            Some(shown) => shown != target.fingerprint(),
            None => self.seems_other(target),
        };
        if is_other { DataOrigin::OldTarget } else { DataOrigin::Current }
    }

    /// Whether the data is another target's, as far as a status can say that does not name its target: an
    /// earlier process left AppHealthy behind Ready, or what is shown cannot be an answer to this spec.
    fn seems_other(&self, target: &Target) -> bool {
        let status = &self.status;
        let is_another_app = status.app_id.as_ref().is_some_and(|shown| *shown != target.app);
        if is_another_app || status.region.as_ref() != Some(&target.region) || self.names_another_account() {
            return true;
        }
        let generation = Some(self.input.meta.generation);
        if self.conditions.stored_generation(AppHealthy) == generation {
            return false;
        }
        self.conditions.stored_generation(Ready) == generation
            || names_differ(status, target)
            || is_filtered(status).is_some_and(|was_filtered| was_filtered != target.is_filtered())
            || self.shows_other_instance(target)
    }

    /// Whether the stored status was decided under another name of an account than the spec names.
    fn names_another_account(&self) -> bool {
        let stored = self.input.last.and_then(|last| last.account.as_ref());
        self.input.unreadable.is_none() && stored != self.account()
    }

    /// Whether an earlier decision left AppHealthy behind Ready, with the data of an earlier target.
    fn stored_data_is_left_behind(&self) -> bool {
        let generation = |of| self.conditions.stored_generation(of);
        generation(AppHealthy).zip(generation(Ready)).is_some_and(|(data, watch)| data < watch)
    }

    fn shows_other_instance(&self, target: &Target) -> bool {
        let instances = self.instances();
        target
            .instance
            .as_ref()
            .is_some_and(|id| !instances.is_empty() && instances.get(id.as_str()).is_none())
    }
}

/// Whether other groups are shown than the target names.
fn names_differ(status: &SaeAppWatchStatus, target: &Target) -> bool {
    target.groups.as_ref().is_some_and(|named| {
        let shown = status.groups.iter().map(|group| group.id.as_str());
        !status.groups.is_empty() && !named.iter().map(SaeId::as_str).eq(shown)
    })
}

/// Whether the data shown was asked for with a filter, under which no group says what it wants; `None` where
/// that cannot be seen.
fn is_filtered(status: &SaeAppWatchStatus) -> Option<bool> {
    if status.groups.iter().any(|group| group.desired.is_some()) {
        return Some(false);
    }
    let wants_some = status.counts?.desired? > 0;
    (wants_some && !status.groups.is_empty()).then_some(true)
}
