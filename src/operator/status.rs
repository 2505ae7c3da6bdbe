//! Writing a status: one JSON merge patch on `/status` of what differs from the stored one (contract §2).

use std::sync::Arc;

use kube::Client;
use kube::Resource;
use kube::api::{Patch, PatchParams};
use kube::core::Request;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::schema;
use super::watched::Watched;
use crate::api::{InstanceStatus, SaeAppWatchStatus};
use crate::telemetry::crd::Crd;

/// Under which name the API server keeps what was written.
pub(super) const MANAGER: &str = "saewatch";
/// The same for what SAE says of an unwell application.
pub(super) const DIAGNOSIS_MANAGER: &str = "saewatch-diagnosis";

/// What became of a write.
#[derive(Debug)]
pub(super) enum Written<K> {
    /// The status is stored: the object since then.
    Stored(Arc<K>),
    /// Another client has written since the version that the write was made for, or deleted the object. The watch stream
    /// brings it.
    Conflict,
}

/// Stores the status of a watch in the place of the one that it has, with a list if that is another one too. The stored
/// diagnosis stays, unless it has had its time.
pub(super) async fn write(
    client: &Client,
    watch: &Watched,
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
    drops_diagnosis: bool,
    crd: &Crd,
) -> Result<Written<Watched>, kube::Error> {
    let wanted = serde_json::to_value(status).map_err(kube::Error::SerdeError)?;
    let mut changes = difference(&watch.status(), &wanted);
    if let Some(list) = list {
        changes.insert("instances".into(), json!(list));
    }
    // That alone is no reason to write.
    if drops_diagnosis && !changes.is_empty() {
        changes.insert("diagnosis".into(), Value::Null);
    }
    patch(client, watch, changes, MANAGER, crd).await
}

/// Changes the status of an object, as this field manager. `crd` is given the fields that the API server dropped.
///
/// The resource version is the precondition: what another client has changed meanwhile is not overwritten, and
/// another object of the same name never gets this one's status. A uid would not do: the API server ignores one in a
/// patch of a custom resource.
pub(super) async fn patch<K>(
    client: &Client,
    object: &K,
    changes: Map<String, Value>,
    manager: &str,
    crd: &Crd,
) -> Result<Written<K>, kube::Error>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned,
{
    if changes.is_empty() {
        return Ok(Written::Stored(Arc::new(object.clone())));
    }
    let sent = Value::Object(changes);
    let stored = object.meta();
    let metadata = json!({ "resourceVersion": stored.resource_version });
    let body = Patch::Merge(json!({ "metadata": metadata, "status": sent }));
    let (namespace, name) = (stored.namespace.as_deref(), stored.name.as_deref());
    let request = Request::new(K::url_path(&(), namespace))
        .patch_subresource("status", name.unwrap_or_default(), &PatchParams::apply(manager), &body)
        .map_err(kube::Error::BuildRequest)?;
    let response: Value = match client.request(request).await {
        Err(kube::Error::Api(refusal)) if matches!(refusal.code, 404 | 409) => return Ok(Written::Conflict),
        Err(kube::Error::Api(refusal)) => {
            crd.refuse(schema::wrong(&refusal));
            return Err(kube::Error::Api(refusal));
        }
        other => other?,
    };
    let dropped = schema::dropped(&sent, &response["status"]);
    crd.accept(|field| !dropped.contains(field) && schema::holds(&sent, field));
    crd.refuse(dropped);
    let stored = serde_json::from_value(response).map_err(kube::Error::SerdeError)?;
    Ok(Written::Stored(Arc::new(stored)))
}

/// The merge patch (RFC 7396) that makes `wanted` of `stored`: what is not wanted as null, lists whole.
pub(super) fn difference(stored: &Value, wanted: &Value) -> Map<String, Value> {
    let nothing = Map::new();
    let [stored, wanted] = [stored, wanted].map(|value| value.as_object().unwrap_or(&nothing));
    let surplus = stored.keys().filter(|field| !wanted.contains_key(*field));
    let mut changes: Map<String, Value> = surplus.map(|field| (field.clone(), Value::Null)).collect();
    for (field, value) in wanted {
        let change = match stored.get(field) {
            Some(same) if same == value => continue,
            Some(old @ Value::Object(_)) if value.is_object() => difference(old, value).into(),
            Some(_) | None => value.clone(),
        };
        changes.insert(field.clone(), change);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_in_the_patch_and_nothing_else() {
        let stored = json!({
            "health": "Healthy", "counts": {"ready": 1, "desired": 7, "total": 1}, "painted": true,
            "memory": {"streak": {"polls": 1}, "versions": ["a"]}, "conditions": [{"type": "Ready"}, {"type": "Stalled"}],
        });
        let wanted = json!({
            "health": "Degraded", "counts": {"ready": 0, "total": 1},
            "memory": {"notified": {"imagePull": {"present": true}}, "versions": ["a"]}, "conditions": [{"type": "Ready"}],
        });
        let expected = json!({
            "health": "Degraded", "counts": {"ready": 0, "desired": null}, "painted": null,
            "memory": {"streak": null, "notified": {"imagePull": {"present": true}}}, "conditions": [{"type": "Ready"}],
        });
        assert_eq!(Value::Object(difference(&stored, &wanted)), expected);
        assert!(difference(&wanted, &wanted).is_empty());
    }

    #[test]
    fn in_the_place_of_no_status_all_of_it_is_sent() {
        let wanted = json!({"health": "Healthy", "counts": {"ready": 1}});
        for nothing in [json!(null), json!("damaged"), json!({})] {
            assert_eq!(Value::Object(difference(&nothing, &wanted)), wanted);
        }
    }
}
