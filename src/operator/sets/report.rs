//! One write of the status of a set, and the event before it.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;
use serde_json::json;

use super::object::SetObject;
use crate::api::SaeAppWatchSetStatus;
use crate::cluster::describe;
use crate::domain::Event;
use crate::domain::set::ReadyMemory;
use crate::operator::events::Events;
use crate::operator::status::{MANAGER, Written, difference, patch};
use crate::poll::SetId;
use crate::telemetry::crd::Crd;

/// What a write is made with.
#[derive(Clone)]
pub(super) struct Reporter {
    pub(super) client: Client,
    pub(super) events: Events,
    pub(super) crd: Crd,
}

/// What is to be written.
pub(super) struct Report {
    pub(super) id: SetId,
    /// As the set was known when its status was decided on.
    pub(super) object: Arc<SetObject>,
    pub(super) status: SaeAppWatchSetStatus,
    pub(super) event: Option<Event>,
    /// What is to be remembered once that is stored and emitted.
    pub(super) memory: ReadyMemory,
    /// Whether more than conditions is new.
    pub(super) has_counts: bool,
    pub(super) now: Timestamp,
}

/// How a write ended.
pub(super) struct Reported {
    pub(super) report: Report,
    pub(super) outcome: Outcome,
}

/// How a write ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The set is stored so.
    Stored(Arc<SetObject>),
    /// It was changed meanwhile, or is gone; the watch stream brings it.
    Overtaken,
    /// The API server did not take it.
    Failed(String),
}

impl Reporter {
    /// Emits the event and stores the status, in this order: a kill in between emits it again under the same name.
    pub(super) async fn report(self, report: Report) -> Reported {
        let outcome = match self.try_report(&report).await {
            Ok(Written::Stored(stored)) => Outcome::Stored(stored),
            Ok(Written::Conflict) => Outcome::Overtaken,
            Err(error) => Outcome::Failed(describe(&error)),
        };
        Reported { report, outcome }
    }

    async fn try_report(&self, report: &Report) -> Result<Written<SetObject>, kube::Error> {
        let Report { id, object, status, event, now, memory: _, has_counts: _ } = report;
        if let Some(event) = event {
            tracing::info!(set = %id, reason = %event.reason, note = %event.note, "event");
            match self.events.emit(&**object, event, *now).await {
                // One that is refused costs nothing else.
                Err(kube::Error::Api(refusal)) => {
                    tracing::warn!(set = %id, error = refusal.message, "the event could not be emitted");
                }
                other => other?,
            }
        }
        patch(&self.client, &**object, difference(&object.status, &json!(status)), MANAGER, &self.crd).await
    }
}
