//! What a suspended watch shows (contract §5, §6).

use super::Reason;
use super::conditions::ConditionType::{AppHealthy, Ready};
use super::conditions::Truth;
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::fingerprint::list_fingerprint;
use super::watch_state::WatchState;
use crate::api::SaeAppWatchStatus;

/// What the row of a suspended watch says, whatever its conditions keep.
pub(super) const SUSPENDED: &str = "SAE is not polled while spec.suspend is true";

const UNKNOWN_HEALTH: &str = "the health of the application is unknown, and the watch is suspended";

impl Draft<'_> {
    /// Whether the spec asks for no polls. One that cannot be read asks for nothing.
    pub(super) fn is_suspended(&self) -> bool {
        self.input.spec.suspend && self.input.unreadable.is_none()
    }

    /// On resuming, the age of the data counts from the resume.
    pub(super) fn note_resumption(&mut self) {
        if self.memory.suspended && !self.input.spec.suspend {
            self.memory.resumed_at = Some(self.now());
        }
        self.memory.suspended = self.input.spec.suspend;
    }

    /// Keeps what is shown; without data of this target there is nothing to keep.
    pub(super) fn suspend(&mut self) {
        if self.data_origin() != DataOrigin::Current {
            self.forget_data();
            self.enter(&WatchState::Suspended);
        } else if self.conditions.is(Ready, Truth::True) {
            self.enter(&WatchState::SuspendedReady);
        } else {
            self.enter(&WatchState::Suspended);
            if self.conditions.get(AppHealthy).is_none()
                || self.conditions.has_reason(AppHealthy, Reason::HealthUnknown)
            {
                self.set(AppHealthy, Truth::Unknown, Reason::Suspended, UNKNOWN_HEALTH);
            }
        }
    }

    /// Takes away what was observed of another target, but not what belongs to the watch itself.
    fn forget_data(&mut self) {
        let kept = std::mem::take(&mut self.status);
        self.status = SaeAppWatchStatus {
            observed_generation: kept.observed_generation,
            last_handled_request: kept.last_handled_request,
            recent_transitions: kept.recent_transitions,
            last_transition_at: kept.last_transition_at,
            health: kept.health,
            ..SaeAppWatchStatus::default()
        };
        self.memory.target = None;
        self.memory.instances = None;
        self.memory.observed_at = None;
        self.offer_list(list_fingerprint([]), Vec::new);
        self.show_unknown(Reason::Suspended, UNKNOWN_HEALTH);
    }
}
