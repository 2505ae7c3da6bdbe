//! Writing the status: server-side apply on `/status`, forced, by two field managers (contract §2).

use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Map, Value, json};

use super::owners::{LIST_MANAGER, STATUS_MANAGER};
use super::schema;
use super::watched::Watched;
use crate::api::{GROUP, InstanceStatus, KIND, SaeAppWatchStatus, VERSION};
use crate::telemetry::crd::Crd;

/// Stores a status in the place of the `last` one, the list first: what the rest says of it never runs ahead of it. Fields that the cluster's CRD
/// does not declare are left out, and `crd` is told.
///
/// # Errors
/// When the API server refuses, or the watch is no longer the version that was looked at; then nothing is
/// remembered and both are repeated.
pub async fn apply(
    api: &Api<Watched>,
    watch: &Watched,
    last: Option<&SaeAppWatchStatus>,
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
    crd: &Crd,
) -> Result<Watched, kube::Error> {
    let name = watch.metadata.name.as_deref().unwrap_or_default();
    let mut wanted = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
    if let Some(fields) = wanted.as_object_mut() {
        fields.remove("instances");
    }
    let mut version = watch.metadata.resource_version.clone();
    if watch.is_shared {
        let stands = serde_json::to_value(last).map_err(kube::Error::SerdeError)?;
        if let Some(surplus) = surplus(&stands, &wanted) {
            version = take_away(api, name, version, &surplus).await?.metadata.resource_version;
        }
    }
    if let Some(list) = list {
        let instances = json!({ "instances": list });
        version = patch(api, name, version, LIST_MANAGER, instances, crd).await?.metadata.resource_version;
    }
    patch(api, name, version, STATUS_MANAGER, wanted, crd).await
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
    crd: &Crd,
) -> Result<Watched, kube::Error> {
    let mut body = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name, "resourceVersion": version },
        "status": status,
    });
    let force = PatchParams::apply(manager).force();
    let answer = api.patch_status(name, &force, &Patch::Apply(&body)).await;
    let refusal = match answer {
        Ok(stored) => {
            crd.accept(|field| schema::leave_out(&mut body, field));
            return Ok(stored);
        }
        Err(kube::Error::Api(refusal)) => refusal,
        Err(error) => return Err(error),
    };
    let undeclared = schema::undeclared(&refusal);
    if undeclared.is_empty() {
        crd.refuse(schema::wrong(&refusal));
        return Err(kube::Error::Api(refusal));
    }
    for field in &undeclared {
        schema::leave_out(&mut body, field);
    }
    crd.refuse(undeclared);
    // Every undeclared field was named at once; and the next write tries with all of them again.
    api.patch_status(name, &force, &Patch::Apply(&body)).await
}

/// Takes away what nobody wants any more of a status that others write too. Apply cannot: it removes only what
/// the applier owns alone, and would leave the rest of a thing of which somebody changed a part.
async fn take_away(
    api: &Api<Watched>,
    name: &str,
    version: Option<String>,
    surplus: &Value,
) -> Result<Watched, kube::Error> {
    let body = json!({ "metadata": { "resourceVersion": version }, "status": surplus });
    api.patch_status(name, &PatchParams::apply(STATUS_MANAGER), &Patch::Merge(&body)).await
}

/// The merge patch that takes away what `stands` has beyond `wanted` and changes nothing else; `None` where there
/// is nothing.
fn surplus(stands: &Value, wanted: &Value) -> Option<Value> {
    match (stands, wanted) {
        (Value::Object(stands), Value::Object(wanted)) => {
            let patch = |(field, value): (&String, &Value)| {
                let patch = wanted.get(field).map_or(Some(Value::Null), |wanted| surplus(value, wanted));
                Some((field.clone(), patch?))
            };
            let surplus: Map<String, Value> = stands.iter().filter_map(patch).collect();
            (!surplus.is_empty()).then_some(Value::Object(surplus))
        }
        // A merge patch replaces lists whole. Those without keys belong to whoever applied them last: us.
        (Value::Array(stands), Value::Array(wanted)) if stands.iter().all(|entry| key(entry).is_some()) => {
            let kept: Vec<Value> = stands.iter().filter_map(|entry| keep(entry, wanted)).collect();
            (kept != *stands).then_some(Value::Array(kept))
        }
        _ => None,
    }
}

/// What stays of the entry of a keyed list; `None` for one that goes.
fn keep(entry: &Value, wanted: &[Value]) -> Option<Value> {
    let wanted = wanted.iter().find(|wanted| key(wanted) == key(entry))?.as_object()?;
    let mut kept = entry.as_object()?.clone();
    kept.retain(|field, _| wanted.contains_key(field));
    Some(Value::Object(kept))
}

/// By what the entries of `conditions` and `groups` are told apart.
fn key(entry: &Value) -> Option<&Value> {
    entry.get("type").or_else(|| entry.get("id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beyond_our_fields_is_taken_away_and_nothing_else() {
        let wanted = json!({
            "health": "Healthy", "counts": {"ready": 1}, "versions": ["a"],
            "conditions": [{"type": "Ready", "status": "True"}],
        });
        assert_eq!(surplus(&wanted, &wanted), None);
        let stands = json!({"health": "Unhealthy", "versions": ["b"]});
        assert_eq!(surplus(&stands, &wanted), None, "apply puts that right");
        let stands = json!({
            "health": "Healthy", "counts": {"ready": 1, "desired": 7}, "streak": {"polls": 1},
            "conditions": [{"type": "Stalled"}, {"type": "Ready", "status": "False", "observedGeneration": 1}],
        });
        let expected = json!({
            "counts": {"desired": null}, "streak": null, "conditions": [{"type": "Ready", "status": "False"}],
        });
        assert_eq!(surplus(&stands, &wanted), Some(expected));
    }
}
