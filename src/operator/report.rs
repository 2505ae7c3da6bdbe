//! One write of the status of an account or a set, and the event before it.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::object::HasStatus;
use serde::Serialize;
use serde_json::json;

use super::context::Context;
use super::object::Object;
use super::status::{MANAGER, Written, difference, patch};
use crate::cluster::describe;
use crate::domain::Event;
use crate::telemetry::crd::Crd;
use crate::telemetry::{WriteKind, WriteOutcome};

/// What is to be written.
pub(super) struct Report<K: HasStatus> {
    /// As the object was known when its status was decided on.
    pub(super) object: Arc<Object<K>>,
    pub(super) status: K::Status,
    pub(super) event: Option<Event>,
    /// Whether more than conditions is new.
    pub(super) has_rest: bool,
    /// How many writes have failed in a row.
    pub(super) failures: u32,
    pub(super) now: Timestamp,
}

/// A write that has ended.
pub(super) struct Reported<K: HasStatus> {
    pub(super) report: Report<K>,
    pub(super) outcome: Outcome<K>,
}

/// How a write ended.
#[derive(Debug)]
pub(super) enum Outcome<K> {
    /// The object is stored so.
    Stored(Arc<Object<K>>),
    /// It was changed meanwhile, or is gone; the watch stream brings it.
    Overtaken,
    /// The API server did not take it.
    Failed(String),
}

impl<K> Report<K>
where
    K: HasStatus<Status: Serialize> + Resource<DynamicType = ()> + Clone,
{
    /// Emits the event and stores the status, in this order: a kill in between emits it again under the same name.
    pub(super) async fn write(self, context: Arc<Context>, crd: Crd) -> Reported<K> {
        let outcome = self.try_write(&context, &crd).await;
        Reported { report: self, outcome }
    }

    async fn try_write(&self, context: &Context, crd: &Crd) -> Outcome<K> {
        let Self { object, status, event, failures, now, has_rest: _ } = self;
        let Context { client, events, metrics, .. } = context;
        if let Some(event) = event {
            let ObjectMeta { namespace, name, .. } = &object.metadata;
            let (kind, Event { reason, note, .. }) = (K::kind(&()), event);
            tracing::info!(%kind, namespace, name, %reason, note, "event");
            match events.emit(&**object, event, *failures, *now).await {
                Ok(emitted) => metrics.emitted(*reason, emitted),
                Err(error) => return Outcome::Failed(describe(&error)),
            }
        }
        let changes = difference(&object.status, &json!(status));
        if changes.is_empty() {
            return Outcome::Stored(object.clone());
        }
        let kind = if changes.keys().eq(["listedAt"]) { WriteKind::Heartbeat } else { WriteKind::Change };
        let (outcome, counted) = match patch(client, &**object, changes, MANAGER, crd).await {
            Ok(Written::Stored(stored)) => (Outcome::Stored(stored), WriteOutcome::Success),
            Ok(Written::Conflict) => (Outcome::Overtaken, WriteOutcome::Conflict),
            Err(error) => (Outcome::Failed(describe(&error)), WriteOutcome::Error),
        };
        metrics.wrote(kind, counted);
        outcome
    }
}
