//! Storing why an application is unwell, once SAE has said it: after the status, and apart from it (contract §14).

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use kube::Error;
use serde_json::{Map, json};

use super::status::{self, DIAGNOSIS_MANAGER, Written};
use super::visit::Visit;
use super::watches::Current;
use crate::api::{Diagnosis, SaeAppWatchStatus, Time};
use crate::cluster::describe;
use crate::domain::diagnosis;
use crate::domain::{Decision, TargetRef};
use crate::poll::{Polls, Snapshot};
use crate::telemetry::{WriteKind, WriteOutcome};

/// With these codes the API server, or what admits requests to it, would refuse the same again.
const REFUSALS: [u16; 4] = [400, 403, 413, 422];

/// What became of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Diagnosed {
    /// It is stored, or cannot be: then this one is not tried again.
    Settled,
    /// Another client has written meanwhile, or deleted the watch. It is reconciled again with what is newer.
    Conflict,
    /// The API server did not take it this time. It is tried again while SAE may be asked.
    Unanswered,
}

impl Visit<'_> {
    /// Since when the application is unwell, where SAE is to be asked why while the watch shows this status, beside the polls
    /// of this target.
    pub(super) fn wanted_diagnosis(
        &self,
        status: &SaeAppWatchStatus,
        target: &TargetRef,
        current: &Current,
    ) -> Option<Timestamp> {
        let account = self.read.spec.account_ref.as_ref().map(|account| &account.name);
        let is_asked = self.context.diagnoses && diagnosis::is_about(status, target, account);
        diagnosis::wanted(status, current.diagnosis(), self.now).filter(|_| is_asked)
    }

    /// When SAE was asked last, as the stored diagnosis says.
    pub(super) fn diagnosed_at(&self, current: &Current) -> Option<Timestamp> {
        let stored = current.diagnosis().filter(|_| self.context.diagnoses)?;
        diagnosis::diagnosed_at(stored, self.now)
    }

    /// Whether the stored diagnosis goes with the write of this status.
    pub(super) fn drops_diagnosis(&self, status: &SaeAppWatchStatus) -> bool {
        let Some(stored) = &self.watch.diagnosis else { return false };
        let before = self.read.status.as_ref();
        !self.context.diagnoses || diagnosis::is_expired(before, status, stored, self.now)
    }

    /// Emits the event of a diagnosis and stores it, in this order: a kill in between emits it again under the same name.
    /// `None` if there is none to store. Whatever becomes of it, what was decided on stands.
    pub(super) async fn store_diagnosis(
        &self,
        decision: &Decision,
        current: &mut Current,
        polls: Option<&Polls>,
        seen: Option<&Snapshot>,
    ) -> Option<Diagnosed> {
        let shared = seen?.diagnosis.as_deref().filter(|_| !decision.is_deferred)?;
        let status = decision.status(self.read.status.as_ref())?;
        let target = TargetRef::new(&self.read.spec, Some(status), &self.lookup.access)?;
        self.wanted_diagnosis(status, &target, current)?;
        let stored = current.diagnosis().map(|stored| stored.since);
        let since = diagnosis::explained_at(status, shared.at.0).filter(|since| Some(*since) != stored)?;
        let diagnosis = Diagnosis { since: Time(since), ..shared.clone() };
        let event = diagnosis::event(&self.meta(), status, current.diagnosis(), &diagnosis);
        let budgets = current.budgets;
        let diagnosed = if let Err(error) = self.emit(event.as_slice(), current).await {
            let error = describe(&error);
            tracing::warn!(watch = %self.id, error, "the diagnosis waits for its event");
            Diagnosed::Unanswered
        } else if self.is_overtaken(polls) {
            return None;
        } else {
            self.write_diagnosis(&diagnosis, current).await
        };
        if matches!(diagnosed, Diagnosed::Unanswered | Diagnosed::Conflict) {
            // The same event comes again, and an outage must not cost others their place.
            current.budgets = budgets;
        }
        Some(diagnosed)
    }

    async fn write_diagnosis(&self, diagnosis: &Diagnosis, current: &mut Current) -> Diagnosed {
        let metrics = &self.context.metrics;
        let changes = Map::from_iter([("diagnosis".to_owned(), json!(diagnosis))]);
        let response =
            status::patch(&self.context.client, &*current.watch, changes, DIAGNOSIS_MANAGER, &metrics.crd)
                .await;
        let (diagnosed, outcome) = match response {
            Ok(Written::Stored(stored)) => {
                // A server with an older CRD drops what it does not know, and says nothing.
                let outcome =
                    if stored.diagnosis.is_some() { WriteOutcome::Success } else { WriteOutcome::Error };
                current.watch = stored;
                (Diagnosed::Settled, outcome)
            }
            Ok(Written::Conflict) => (Diagnosed::Conflict, WriteOutcome::Conflict),
            Err(error) => {
                let is_refusal = matches!(&error, Error::Api(refusal) if REFUSALS.contains(&refusal.code));
                let error = describe(&error);
                tracing::warn!(watch = %self.id, error, "the diagnosis could not be stored");
                let diagnosed = if is_refusal { Diagnosed::Settled } else { Diagnosed::Unanswered };
                (diagnosed, WriteOutcome::Error)
            }
        };
        if diagnosed == Diagnosed::Settled && outcome == WriteOutcome::Error {
            current.refused_diagnosis = Some(Box::new(diagnosis.into()));
        }
        metrics.wrote(WriteKind::Change, outcome);
        diagnosed
    }
}
