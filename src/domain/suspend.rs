//! What a suspended watch shows (contract §5, §6).

use super::conditions::ConditionType::{AppHealthy, Ready};
use super::conditions::Truth;
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::fingerprint::list_fingerprint;
use super::watch_state::WatchState;
use super::{Admission, Reason};
use crate::api::{AccountName, SaeAppWatchStatus};

impl Draft<'_> {
    /// Whether the watch or its account is suspended. A spec that cannot be read comes first.
    pub(super) fn is_suspended(&self) -> bool {
        self.asks_for_no_polls() && self.input.unreadable.is_none()
    }

    pub(super) fn asks_for_no_polls(&self) -> bool {
        self.input.spec.suspend || self.input.access.admission == Admission::Suspended
    }

    /// What the row of a suspended watch says, whatever its conditions keep.
    pub(super) fn explain_suspension(&self) -> String {
        match self.suspended_account() {
            Some(name) => format!("SAE is not polled while the SaeAccount {name} is suspended"),
            None => "SAE is not polled while spec.suspend is true".into(),
        }
    }

    /// What is suspended, in the words of a sentence.
    pub(super) fn name_suspended(&self) -> String {
        self.suspended_account()
            .map_or("the watch is suspended".into(), |name| format!("the SaeAccount {name} is suspended"))
    }

    fn suspended_account(&self) -> Option<&AccountName> {
        self.account().filter(|_| !self.input.spec.suspend)
    }

    /// On resuming, the age of the data counts from the resume.
    pub(super) fn note_resumption(&mut self) {
        let is_suspended = self.asks_for_no_polls();
        if self.memory.suspended && !is_suspended {
            self.memory.resumed_at = Some(self.now());
        }
        self.memory.suspended = is_suspended;
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
                self.set(AppHealthy, Truth::Unknown, Reason::Suspended, self.explain_unknown_health());
            }
        }
    }

    /// Takes away what was observed of another target, but not what belongs to the watch itself.
    fn forget_data(&mut self) {
        let kept = std::mem::take(&mut self.status);
        self.status = SaeAppWatchStatus {
            account: kept.account,
            app: kept.app,
            app_id: kept.app_id,
            app_name: kept.app_name,
            namespace_id: kept.namespace_id,
            observed_generation: kept.observed_generation,
            last_handled_request: kept.last_handled_request,
            recent_transitions: kept.recent_transitions,
            last_transition_at: kept.last_transition_at,
            health: kept.health,
            ..SaeAppWatchStatus::default()
        };
        self.name_application();
        self.memory.target = None;
        self.memory.instances = None;
        self.memory.observed_at = None;
        self.offer_list(list_fingerprint([]), Vec::new);
        self.show_unknown(Reason::Suspended, &self.explain_unknown_health());
    }

    fn explain_unknown_health(&self) -> String {
        format!("the health of the application is unknown, and {}", self.name_suspended())
    }
}
