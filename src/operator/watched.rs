//! What the store keeps of a resource: all but its instance list.
//!
//! The list can be 256 KiB a watch. It is read once, while it streams in, and only its checksums and some 24
//! bytes an instance stay.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::owners::is_shared;
use crate::api::{InstanceStatus, REQUESTED_AT, SaeAppWatch, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::{Fact, Facts, ListDigest};
use crate::poll::WatchId;

/// A `SaeAppWatch` without its instance list.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Watched {
    /// Its metadata, after [`Watched::prune`] the few fields that are used.
    pub metadata: ObjectMeta,
    /// Its spec.
    pub spec: SaeAppWatchSpec,
    /// Whether somebody else wrote into its status too.
    #[serde(skip)]
    pub is_shared: bool,
    /// Its status; `None` when it has none, or none that this version can read.
    #[serde(default)]
    pub status: Stored,
}

/// A stored status, its list reduced to what the next decision needs.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// All but the list.
    pub status: Option<SaeAppWatchStatus>,
    /// What the list said of each instance.
    pub facts: Facts,
    /// The list's checksums.
    pub list: ListDigest,
}

impl Watched {
    /// Drops what no decision reads. Managed fields and foreign annotations are half of an object.
    pub fn prune(&mut self) {
        let metadata = &mut self.metadata;
        if let Some(managed) = metadata.managed_fields.take() {
            self.is_shared = is_shared(&managed);
        }
        metadata.labels = None;
        metadata.owner_references = None;
        if let Some(annotations) = &mut metadata.annotations {
            annotations.retain(|key, _| key == REQUESTED_AT);
        }
    }

    /// The value of the annotation that asks for a poll now.
    pub fn request(&self) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(REQUESTED_AT).map(String::as_str)
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.metadata.creation_timestamp.as_ref().map(|time| time.0)
    }

    /// Whether it is stored later than `other`. Resource versions of one resource are numbers that grow
    /// (KEP-5504); where one is none, nothing is known and the store is believed.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.version() > other.version() && other.version().is_some()
    }

    /// The version under which it is stored; `None` where that is no number.
    pub fn version(&self) -> Option<u64> {
        self.metadata.resource_version.as_ref()?.parse().ok()
    }
}

impl Resource for Watched {
    type DynamicType = ();
    type Scope = <SaeAppWatch as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        SaeAppWatch::kind(&())
    }
    fn group((): &()) -> Cow<'_, str> {
        SaeAppWatch::group(&())
    }
    fn version((): &()) -> Cow<'_, str> {
        SaeAppWatch::version(&())
    }
    fn plural((): &()) -> Cow<'_, str> {
        SaeAppWatch::plural(&())
    }
    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The name by which the polls know a watch.
pub fn id_of(watch: &impl ResourceExt) -> WatchId {
    let metadata = watch.meta();
    WatchId {
        namespace: metadata.namespace.as_deref().unwrap_or_default().into(),
        name: metadata.name.as_deref().unwrap_or_default().into(),
    }
}

impl<'de> Deserialize<'de> for Stored {
    /// Reads a status as well as it can be read: one that another version wrote, or that was damaged by hand, is
    /// as good as none and is written anew after the next poll.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(StoredVisitor)
    }
}

struct StoredVisitor;

impl<'de> Visitor<'de> for StoredVisitor {
    type Value = Stored;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the status of a SaeAppWatch")
    }

    fn visit_none<E>(self) -> Result<Stored, E> {
        Ok(Stored::default())
    }

    fn visit_unit<E>(self) -> Result<Stored, E> {
        Ok(Stored::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Stored, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stored, A::Error> {
        let mut rest = Map::new();
        let (mut facts, mut list) = (Facts::default(), ListDigest::default());
        while let Some(key) = map.next_key::<String>()? {
            if key == "instances" {
                (facts, list) = map.next_value_seed(ListReduction)?;
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        Ok(Stored { status: serde_json::from_value(Value::Object(rest)).ok(), facts, list })
    }
}

/// Reads a list one instance at a time and keeps the facts and the checksums.
struct ListReduction;

impl<'de> DeserializeSeed<'de> for ListReduction {
    type Value = (Facts, ListDigest);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListReduction {
    type Value = (Facts, ListDigest);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of instances")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut digest = ListDigest::default();
        while let Some(value) = seq.next_element::<Value>()? {
            match serde_json::from_value::<InstanceStatus>(value) {
                Ok(instance) => {
                    digest.add(&instance);
                    facts.push(Fact::of(&instance));
                }
                // Not a list that this version wrote: no checksum of ours may fit it.
                Err(_) => digest.spoil(),
            }
        }
        Ok((facts.into_iter().collect(), digest))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let mut digest = ListDigest::default();
        digest.spoil();
        Ok((Facts::default(), digest))
    }
}

#[cfg(test)]
mod tests {
    use kube::core::DeserializeGuard;
    use serde_json::json;

    use super::*;

    fn watched(status: &Value) -> Watched {
        let object = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": "shop", "namespace": "team-a", "resourceVersion": "9"},
            "spec": {"appId": "app-1"},
            "status": status,
        });
        let guard: DeserializeGuard<Watched> = serde_json::from_value(object).unwrap();
        guard.0.unwrap()
    }

    fn instance(id: &str) -> Value {
        json!({"id": id, "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z", "restarts": 3})
    }

    #[test]
    fn the_list_is_reduced_to_facts_and_checksums() {
        let stored =
            watched(&json!({"observedGeneration": 2, "instances": [instance("a"), instance("b")]})).status;
        assert_eq!(stored.facts.get("a").unwrap().restarts(), 3);
        assert!(stored.status.unwrap().instances.is_empty());
        let list: Vec<InstanceStatus> = vec![
            serde_json::from_value(instance("a")).unwrap(),
            serde_json::from_value(instance("b")).unwrap(),
        ];
        assert_eq!(stored.list, ListDigest::of(&list));
    }

    #[test]
    fn a_status_that_cannot_be_read_is_as_good_as_none() {
        for damaged in [json!({"health": "Splendid"}), json!({"counts": 3}), json!(null)] {
            assert!(watched(&damaged).status.status.is_none(), "{damaged}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_fits_no_checksum() {
        for list in [json!([{"id": 3}]), json!({"a": 1})] {
            let stored = watched(&json!({"instances": list})).status;
            assert_ne!(stored.list, ListDigest::default());
        }
    }

    #[test]
    fn resource_versions_are_compared_as_numbers() {
        let mut older = watched(&json!(null));
        let mut newer = older.clone();
        newer.metadata.resource_version = Some("10".into());
        assert!(newer.is_newer_than(&older) && !older.is_newer_than(&newer));
        older.metadata.resource_version = Some("opaque".into());
        assert!(!newer.is_newer_than(&older));
    }
}
