//! One write of the status of an account, and the event before it.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;
use serde_json::json;

use super::object::AccountObject;
use crate::api::{AccountName, SaeAccountStatus};
use crate::cluster::describe;
use crate::domain::account::AccountDecision;
use crate::operator::events::Events;
use crate::operator::status::{MANAGER, Written, difference, patch};
use crate::telemetry::crd::Crd;

/// What a write is made with.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) client: Client,
    pub(super) events: Events,
    pub(super) crd: Crd,
}

/// How a write ended.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) name: AccountName,
    /// As it was known when its status was decided on.
    pub(super) object: Arc<AccountObject>,
    /// When its usage was written, if it was.
    pub(super) usage_written: Option<Timestamp>,
    pub(super) outcome: Outcome,
}

/// How a write ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The account is stored so, and what its status was to be.
    Stored(Arc<AccountObject>, SaeAccountStatus),
    /// It was changed meanwhile, or is gone; the watch stream brings it.
    Overtaken,
    /// The API server did not take it.
    Failed(String),
}

impl Reporter {
    /// Emits the event of a decision and stores its status, in this order: a kill in between emits it again under the same
    /// name.
    pub(super) async fn report(
        self,
        name: AccountName,
        object: Arc<AccountObject>,
        decision: AccountDecision,
        now: Timestamp,
    ) -> Reported {
        let usage_written = decision.has_usage.then_some(now);
        let wanted = decision.write.clone().unwrap_or_default();
        let outcome = match self.try_report(&name, &object, decision, now).await {
            Ok(Written::Stored(stored)) => Outcome::Stored(stored, wanted),
            Ok(Written::Conflict) => Outcome::Overtaken,
            Err(error) => Outcome::Failed(describe(&error)),
        };
        Reported { name, object, usage_written, outcome }
    }

    async fn try_report(
        &self,
        name: &AccountName,
        object: &AccountObject,
        decision: AccountDecision,
        now: Timestamp,
    ) -> Result<Written<AccountObject>, kube::Error> {
        if let Some(event) = &decision.event {
            tracing::info!(account = %name, reason = %event.reason, note = %event.note, "event");
            match self.events.emit(object, event, now).await {
                // One that is refused costs nothing else.
                Err(kube::Error::Api(refusal)) => {
                    tracing::warn!(account = %name, error = refusal.message, "the event could not be emitted");
                }
                other => other?,
            }
        }
        let wanted = json!(decision.write);
        patch(&self.client, object, difference(&object.status, &wanted), MANAGER, &self.crd).await
    }
}
