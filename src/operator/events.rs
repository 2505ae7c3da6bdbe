//! Emitting events: created directly in `events.k8s.io/v1`, without series (contract §7).
//!
//! kube's Recorder keeps the first note of a series; ours each say what happened now.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as KubeEvent;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client, Resource, ResourceExt};

use crate::cluster::describe;
use crate::domain::Event;
use crate::telemetry::EventOutcome;

/// Who reports, in every event.
const CONTROLLER: &str = "saewatch.dev/operator";

/// How often an event without a response is left to be emitted again, before what follows it goes on without it. With a
/// request's timeout of 15 s that outlasts an API server that hangs for a minute.
const TRIES: u32 = 4;

/// Where Kubernetes has the events of objects without a namespace.
const OF_CLUSTER_SCOPED: &str = "default";

/// Writes events.
#[derive(Clone)]
pub(super) struct Events {
    client: Client,
    instance: String,
}

impl Events {
    /// Events emitted in the name of this replica.
    pub(super) fn new(client: Client, instance: String) -> Self {
        Self { client, instance }
    }

    /// Emits one, after so many `failures` in a row. An event that is there already was emitted before, and one that is
    /// refused (namespace terminating, quota, rights) costs nothing else (contract §7).
    ///
    /// # Errors
    /// When there was no response, the first times: what follows the event waits, and it is emitted again under the same name.
    /// So none is lost to a server that hangs.
    pub(super) async fn emit(
        &self,
        regarding: &impl Resource<DynamicType = ()>,
        event: &Event,
        failures: u32,
        now: Timestamp,
    ) -> Result<EventOutcome, kube::Error> {
        let namespace = regarding.namespace().unwrap_or_else(|| OF_CLUSTER_SCOPED.into());
        let api: Api<KubeEvent> = Api::namespaced(self.client.clone(), &namespace);
        let regarding = regarding.object_ref(&());
        let (with, body) = (PostParams::default(), self.body(regarding.clone(), &namespace, event, now));
        let mut response = api.create(&with, &body).await;
        // etcd's own failures come as 500; the client repeats requests that failed with 429, 503 or 504.
        if matches!(&response, Err(kube::Error::Api(refusal)) if refusal.code == 500) {
            response = api.create(&with, &body).await;
        }
        match response {
            Ok(_) => Ok(EventOutcome::Success),
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(EventOutcome::Success),
            Err(error) if matches!(error, kube::Error::Api(_)) || failures >= TRIES => {
                let (kind, name, error) = (regarding.kind, regarding.name, describe(&error));
                tracing::warn!(kind, namespace, name, reason = %event.reason, error, "the event could not be emitted");
                Ok(EventOutcome::Error)
            }
            Err(error) => Err(error),
        }
    }

    fn body(&self, regarding: ObjectReference, namespace: &str, event: &Event, now: Timestamp) -> KubeEvent {
        KubeEvent {
            metadata: ObjectMeta {
                name: Some(event.name.clone()),
                namespace: Some(namespace.to_owned()),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            action: Some(event.action.into()),
            reason: Some(event.reason.as_str().into()),
            type_: Some(event.kind.as_str().into()),
            note: Some(event.note.clone()),
            reporting_controller: Some(CONTROLLER.into()),
            reporting_instance: Some(self.instance.clone()),
            regarding: Some(regarding),
            ..KubeEvent::default()
        }
    }
}
