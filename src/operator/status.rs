//! Writing the status: server-side apply on `/status`, forced, by two field managers (contract §2).

use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

use super::watched::Watched;
use crate::api::{GROUP, InstanceStatus, KIND, SaeAppWatchStatus, VERSION};
use crate::telemetry::crd::Crd;

/// Owns everything but the list.
const STATUS_MANAGER: &str = "saewatch";
/// Owns the list, so that the list survives a heartbeat that has none at hand.
const LIST_MANAGER: &str = "saewatch-instances";

/// Stores a status, the list first: what the rest says of it never runs ahead of it. Tells `crd` what was stored.
///
/// # Errors
/// When the API server refuses; then nothing is remembered and both are repeated.
pub async fn apply(
    client: &Client,
    watch: &Watched,
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
    crd: &Crd,
) -> Result<Watched, kube::Error> {
    let mut sent = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
    if let Some(fields) = sent.as_object_mut() {
        fields.remove("instances");
    }
    let list = list.map(|list| json!({ "instances": list }));
    if let Some(list) = &list {
        patch(client, watch, LIST_MANAGER, list).await?;
    }
    let DynamicObject { types: _, metadata, mut data } = patch(client, watch, STATUS_MANAGER, &sent).await?;
    let stored = data["status"].take();
    crd.compare([Some(&sent), list.as_ref()].into_iter().flatten(), &stored);
    let mut watched = Watched {
        metadata,
        spec: serde_json::from_value(data["spec"].take()).map_err(kube::Error::SerdeError)?,
        status: serde_json::from_value(stored).map_err(kube::Error::SerdeError)?,
    };
    watched.prune();
    Ok(watched)
}

/// Applies the fields of one manager, and returns all that is stored then: what this program cannot read, or what
/// the API server left out, is to be seen too. The uid makes sure that it is still the same watch and not another
/// one of the same name.
async fn patch(
    client: &Client,
    watch: &Watched,
    manager: &str,
    status: &Value,
) -> Result<DynamicObject, kube::Error> {
    let namespace = watch.namespace().unwrap_or_default();
    let api: Api<DynamicObject> =
        Api::namespaced_with(client.clone(), &namespace, &ApiResource::erase::<Watched>(&()));
    let name = watch.metadata.name.as_deref().unwrap_or_default();
    let body = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name, "uid": watch.metadata.uid },
        "status": status,
    });
    api.patch_status(name, &PatchParams::apply(manager).force(), &Patch::Apply(&body)).await
}
