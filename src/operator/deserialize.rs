//! A resource as it streams in: of its metadata what is used, its spec and status as text, its list as facts and
//! checksums.
//!
//! The list can be 256 KiB a watch. It is read one instance at a time, and only its checksums and some 24 bytes an
//! instance stay. Managed fields and foreign annotations are half of an object, and are passed over.

use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::packed::Packed;
use super::watched::Watched;
use crate::api::{InstanceStatus, REQUESTED_AT};
use crate::domain::{InstanceMemo, InstanceMemos, ListFingerprint};

impl<'de> Deserialize<'de> for Watched {
    /// Takes any spec and status, however damaged: one watch that cannot be read must not hide the others.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Resource { metadata, spec, status } = Resource::deserialize(deserializer)?;
        let (status, list) = status.map(|status| (Some(status.rest), status.instances)).unwrap_or_default();
        let list = list.unwrap_or_default();
        let text = Packed::new(json!({ "spec": spec, "status": status }).to_string().as_bytes());
        Ok(Self { metadata: metadata.into(), text, facts: list.facts, list: list.digest })
    }
}

#[derive(serde::Deserialize)]
struct Resource {
    metadata: Metadata,
    #[serde(default)]
    spec: Value,
    status: Option<Status>,
}

/// What is read of the metadata.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Default, serde::Deserialize)]
struct Annotations {
    #[serde(rename = "saewatch.dev/requested-at")]
    requested_at: Option<String>,
}

impl From<Metadata> for ObjectMeta {
    fn from(read: Metadata) -> Self {
        let Metadata {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            annotations: Annotations { requested_at },
        } = read;
        Self {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            annotations: requested_at.map(|token| BTreeMap::from([(REQUESTED_AT.to_owned(), token)])),
            ..Self::default()
        }
    }
}

/// A status, its list reduced.
#[derive(Default, serde::Deserialize)]
struct Status {
    instances: Option<List>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A list, read one instance at a time: of each the facts, of all the checksums.
#[derive(Default)]
struct List {
    facts: InstanceMemos,
    digest: ListFingerprint,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of instances")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List, A::Error> {
        let mut facts: Vec<InstanceMemo> = Vec::new();
        let mut digest = ListFingerprint::default();
        while let Some(value) = seq.next_element::<Value>()? {
            match serde_json::from_value::<InstanceStatus>(value) {
                Ok(instance) => {
                    facts.push(InstanceMemo::from(&instance));
                    digest.add(instance);
                }
                // Not a list that this version wrote: no checksum of ours may fit it.
                Err(_) => digest.invalidate(),
            }
        }
        Ok(List { facts: facts.into_iter().collect(), digest })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let mut list = List::default();
        list.digest.invalidate();
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(status: &Value) -> Watched {
        let watch = json!({"metadata": {"name": "shop"}, "spec": {"appId": "app-1"}, "status": status});
        serde_json::from_value(watch).unwrap()
    }

    fn instance(id: &str) -> Value {
        json!({"id": id, "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z", "restarts": 3})
    }

    #[test]
    fn the_store_keeps_what_is_used_but_no_managed_fields_and_no_foreign_annotations() {
        let watch: Watched = serde_json::from_value(json!({
            "metadata": {
                "name": "shop", "namespace": "team-a", "labels": {"app": "shop"},
                "uid": "1", "resourceVersion": "7", "generation": 2,
                "creationTimestamp": "2026-11-22T08:00:00Z", "deletionTimestamp": "2026-11-22T09:00:00Z",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", REQUESTED_AT: "now"},
                "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"appId": "app-1"},
        }))
        .unwrap();
        let used = ObjectMeta {
            name: Some("shop".into()),
            namespace: Some("team-a".into()),
            uid: Some("1".into()),
            resource_version: Some("7".into()),
            generation: Some(2),
            // Without it, the names of events before the first answer would begin with the year 1970.
            creation_timestamp: Some(Time("2026-11-22T08:00:00Z".parse().unwrap())),
            deletion_timestamp: Some(Time("2026-11-22T09:00:00Z".parse().unwrap())),
            annotations: Some(BTreeMap::from([(REQUESTED_AT.into(), "now".into())])),
            ..ObjectMeta::default()
        };
        assert_eq!(watch.metadata, used);
    }

    #[test]
    fn the_list_is_reduced_to_facts_and_checksums() {
        let watch = watched(&json!({"observedGeneration": 2, "instances": [instance("a"), instance("b")]}));
        assert_eq!(watch.facts.get("a").unwrap().restarts(), 3);
        let status = watch.read().status.unwrap();
        assert_eq!((status.observed_generation, status.instances.len()), (2, 0));
        let list: Vec<InstanceStatus> = vec![
            serde_json::from_value(instance("a")).unwrap(),
            serde_json::from_value(instance("b")).unwrap(),
        ];
        assert_eq!(watch.list, ListFingerprint::new(list));
    }

    #[test]
    fn a_list_that_cannot_be_read_fits_no_checksum() {
        for list in [json!([{"id": 3}]), json!({"a": 1})] {
            assert_ne!(watched(&json!({"instances": list})).list, ListFingerprint::default());
        }
    }
}
