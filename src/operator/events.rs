//! Emitting events: created directly in `events.k8s.io/v1`, without series (contract §7).
//!
//! kube's Recorder keeps the first note of a series; ours each say what happened now.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event as KubeEvent;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::PostParams;
use kube::{Api, Client, Resource, ResourceExt};

use crate::domain::Event;

/// Who reports, in every event.
const CONTROLLER: &str = "saewatch.dev/operator";

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

    /// Emits one. An event that is there already was emitted before (contract §7).
    ///
    /// # Errors
    /// When it cannot be written: namespace terminating, quota, rights. The caller counts it and goes on.
    pub(super) async fn emit(
        &self,
        regarding: &impl Resource<DynamicType = ()>,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), kube::Error> {
        let namespace = regarding.namespace().unwrap_or_else(|| OF_CLUSTER_SCOPED.into());
        let api: Api<KubeEvent> = Api::namespaced(self.client.clone(), &namespace);
        let (with, body) =
            (PostParams::default(), self.body(regarding.object_ref(&()), &namespace, event, now));
        let mut response = api.create(&with, &body).await;
        // etcd's own failures come as 500; the client repeats requests that failed with 429, 503 or 504.
        if matches!(&response, Err(kube::Error::Api(refusal)) if refusal.code == 500) {
            response = api.create(&with, &body).await;
        }
        match response {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
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
