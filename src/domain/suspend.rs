//! What a suspended watch shows (contract §5, §6), and what a request token brings.

use super::Reason;
use super::conditions::{ConditionType, Truth};
use super::draft::{Data, Draft};
use super::meaning::ListDigest;
use super::text::{TEXT_BYTES, clean};
use crate::api::{Health, SaeAppWatchStatus};

use ConditionType::{AppHealthy, Ready, Reconciling, Stalled};

impl Draft<'_> {
    /// On resuming, the age of the data counts from the resume.
    pub(super) fn note_resumption(&mut self) {
        if self.memory.suspended && !self.input.spec.suspend {
            self.memory.resumed_at = Some(self.now());
        }
        self.memory.suspended = self.input.spec.suspend;
    }

    /// Keeps what is shown. Without data of this target there is nothing to keep, and Ready is absent: kstatus
    /// would wait for an Unknown one for ever.
    pub(super) fn suspend(&mut self) {
        self.is_outcome = true;
        let has_data = self.data() == Data::Current;
        if !has_data {
            self.forget_data();
        }
        if !has_data || !self.conditions.is(Ready, Truth::True) {
            self.conditions.remove(Ready);
            let is_known = self.conditions.get(AppHealthy).is_some()
                && !self.conditions.has_reason(AppHealthy, Reason::HealthUnknown);
            if !has_data || !is_known {
                let message = "nobody knows how the application is, and the watch is suspended";
                self.set(AppHealthy, Truth::Unknown, Reason::Suspended, message);
            }
        }
        self.conditions.remove(Reconciling);
        self.conditions.remove(Stalled);
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
        self.memory.facts = None;
        self.memory.observed_at = None;
        self.offer_list(ListDigest::default(), Vec::new);
        self.show_health(Health::Unknown, Reason::Suspended, "");
    }

    /// Acknowledges a request token: at once while suspended, else when an attempt served it.
    pub(super) fn handle_request(&mut self) {
        let Some(request) = self.input.meta.request.map(|token| clean(token, TEXT_BYTES)) else { return };
        if request.is_empty() || self.status.last_handled_request.as_ref() == Some(&request) {
            return;
        }
        let served = self.input.pace.token_served.as_deref().map(|token| clean(token, TEXT_BYTES));
        if self.input.spec.suspend {
            self.tell(
                Reason::RefreshHandled,
                &format!("request {request} acknowledged without a poll: the watch is suspended"),
            );
        } else if served.as_ref() == Some(&request) {
            let failure = self.last_failure().map(|(_, why)| format!(", and the poll failed: {why}"));
            let failure = failure.unwrap_or_default();
            self.tell(Reason::RefreshHandled, &format!("request {request} served{failure}"));
        } else {
            return;
        }
        self.status.last_handled_request = Some(request);
    }

    /// The one word that explains the line: Ready's reason while it is there and not True, else AppHealthy's.
    pub(super) fn explain_in_a_word(&self) -> Option<String> {
        let ready = self.conditions.get(Ready).filter(|ready| ready.status != Truth::True.as_str());
        ready.or_else(|| self.conditions.get(AppHealthy)).map(|condition| condition.reason.clone())
    }
}
