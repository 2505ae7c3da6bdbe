//! Writing the status: server-side apply on `/status`, forced, by two field managers (contract §2).

use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Map, Value, json};

use super::watched::Watched;
use crate::api::{GROUP, InstanceStatus, KIND, SaeAppWatchStatus, VERSION};

/// Owns everything but the list.
const STATUS_MANAGER: &str = "saewatch";
/// Owns the list, so that the list survives a heartbeat that has none at hand.
const LIST_MANAGER: &str = "saewatch-instances";

/// Stores a status, the list first: what the rest says of it never runs ahead of it.
///
/// # Errors
/// When the API server refuses, or the watch is no longer the version that was looked at; then nothing is
/// remembered and both are repeated.
pub async fn apply(
    api: &Api<Watched>,
    watch: &Watched,
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
) -> Result<Watched, kube::Error> {
    let name = watch.metadata.name.as_deref().unwrap_or_default();
    let mut version = watch.metadata.resource_version.clone();
    if let Some(list) = list {
        let instances = json!({ "instances": list });
        version = patch(api, name, version, LIST_MANAGER, instances).await?.metadata.resource_version;
    }
    let mut wanted = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
    if let Some(fields) = wanted.as_object_mut() {
        fields.remove("instances");
    }
    let mut stored = patch(api, name, version, STATUS_MANAGER, wanted.clone()).await?;
    let shown = serde_json::to_value(&stored.status.status).map_err(kube::Error::SerdeError)?;
    if let Some(surplus) = surplus(&shown, &wanted) {
        stored = take_away(api, name, stored.metadata.resource_version, &surplus).await?;
    }
    stored.prune();
    Ok(stored)
}

/// Applies the fields of one manager.
///
/// The version makes sure that it is still the watch that was looked at. A uid would not: of the metadata of a
/// write to `/status` the API server heeds the version alone, and another watch of the same name would get our
/// status.
async fn patch(
    api: &Api<Watched>,
    name: &str,
    version: Option<String>,
    manager: &str,
    status: Value,
) -> Result<Watched, kube::Error> {
    let body = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name, "resourceVersion": version },
        "status": status,
    });
    api.patch_status(name, &PatchParams::apply(manager).force(), &Patch::Apply(&body)).await
}

/// Takes away what somebody else put beside our fields. Apply cannot: it removes only what the applier owns.
async fn take_away(
    api: &Api<Watched>,
    name: &str,
    version: Option<String>,
    surplus: &Value,
) -> Result<Watched, kube::Error> {
    let body = json!({ "metadata": { "resourceVersion": version }, "status": surplus });
    api.patch_status(name, &PatchParams::apply(STATUS_MANAGER), &Patch::Merge(&body)).await
}

/// The merge patch that takes away what `stored` has beyond `wanted`; `None` where there is nothing.
fn surplus(stored: &Value, wanted: &Value) -> Option<Value> {
    match (stored, wanted) {
        (Value::Object(stored), Value::Object(wanted)) => {
            let surplus: Map<String, Value> = stored
                .iter()
                .filter_map(|(field, value)| {
                    let patch = wanted.get(field).map_or(Some(Value::Null), |wanted| surplus(value, wanted));
                    Some((field.clone(), patch?))
                })
                .collect();
            (!surplus.is_empty()).then_some(Value::Object(surplus))
        }
        (Value::Array(stored), Value::Array(wanted)) if stored != wanted => Some(json!(wanted)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_put_beside_our_fields_is_named_and_nothing_else() {
        let wanted = json!({"health": "Healthy", "counts": {"ready": 1}, "conditions": [{"type": "Ready"}]});
        assert_eq!(surplus(&wanted, &wanted), None);
        assert_eq!(surplus(&json!({"health": "Unhealthy"}), &wanted), None, "apply has put that right");
        let stored = json!({
            "health": "Healthy", "counts": {"ready": 1, "desired": 7}, "streak": {"polls": 1},
            "conditions": [{"type": "Stalled"}, {"type": "Ready"}],
        });
        let expected =
            json!({"counts": {"desired": null}, "streak": null, "conditions": [{"type": "Ready"}]});
        assert_eq!(surplus(&stored, &wanted), Some(expected));
    }
}
