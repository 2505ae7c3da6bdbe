//! Writing the status: server-side apply on `/status`, forced, by two field managers (contract §2).

use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::watched::Watched;
use crate::api::{GROUP, InstanceStatus, KIND, SaeAppWatchStatus, VERSION};

/// Owns everything but the list.
const STATUS_MANAGER: &str = "saewatch";
/// Owns the list, so that the list survives a heartbeat that has none at hand.
const LIST_MANAGER: &str = "saewatch-instances";

/// Stores a status, the list first: what the rest says of it never runs ahead of it.
///
/// # Errors
/// When the API server refuses; then nothing is remembered and both are repeated.
pub async fn apply(
    api: &Api<Watched>,
    watch: &Watched,
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
) -> Result<Watched, kube::Error> {
    if let Some(list) = list {
        patch(api, watch, LIST_MANAGER, json!({ "instances": list })).await?;
    }
    let mut rest = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("instances");
    }
    let mut stored = patch(api, watch, STATUS_MANAGER, rest).await?;
    stored.prune();
    Ok(stored)
}

/// Applies the fields of one manager. The uid makes sure that it is still the same watch and not another one of
/// the same name.
async fn patch(
    api: &Api<Watched>,
    watch: &Watched,
    manager: &str,
    status: Value,
) -> Result<Watched, kube::Error> {
    let name = watch.metadata.name.as_deref().unwrap_or_default();
    let body = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name, "uid": watch.metadata.uid },
        "status": status,
    });
    api.patch_status(name, &PatchParams::apply(manager).force(), &Patch::Apply(&body)).await
}
