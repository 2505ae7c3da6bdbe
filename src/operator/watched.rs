//! What the store keeps of a resource.

use std::borrow::Cow;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde::Deserialize;

use super::packed::Packed;
use crate::api::{REQUESTED_AT, SaeAppWatch, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::{InstanceMemos, ListFingerprint};
use crate::poll::WatchId;

/// A `SaeAppWatch` without its instance list. Spec and status are looked at once a poll; spread over some thirty
/// blocks they would take five times the memory.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Of its metadata the few fields that are used.
    pub metadata: ObjectMeta,
    /// Whether somebody else wrote into its status too.
    pub is_shared: bool,
    /// Its spec and its status without the list.
    pub(super) text: Packed,
    /// What the list said of each instance.
    pub facts: InstanceMemos,
    /// The list's checksums.
    pub list: ListFingerprint,
}

/// What a watch says.
#[derive(Debug, Deserialize)]
pub struct Read {
    /// Its spec.
    pub spec: SaeAppWatchSpec,
    /// Its status without the list; `None` when it has none, or none that this version can read: one that another
    /// version wrote, or that was damaged by hand, is written anew after the next poll.
    pub status: Option<SaeAppWatchStatus>,
}

impl Watched {
    /// What it says.
    ///
    /// # Errors
    /// When its spec is none: the API server checks specs, but the CRD may be another version's.
    pub fn read(&self) -> Result<Read, serde_json::Error> {
        let text = self.text.text();
        serde_json::from_slice(&text).or_else(|_| {
            let Declared { spec } = serde_json::from_slice(&text)?;
            Ok(Read { spec, status: None })
        })
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

/// A watch whose status cannot be read.
#[derive(Deserialize)]
struct Declared {
    spec: SaeAppWatchSpec,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn watched(version: &str) -> Watched {
        let object = json!({
            "metadata": {"name": "shop", "namespace": "team-a", "resourceVersion": version},
            "spec": {"appId": "app-1"},
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn a_status_that_cannot_be_read_is_as_good_as_none() {
        for damaged in [json!({"health": "Splendid"}), json!({"counts": 3}), json!(null)] {
            let watch = json!({"metadata": {"name": "shop"}, "spec": {"appId": "app-1"}, "status": damaged});
            let read = serde_json::from_value::<Watched>(watch).unwrap().read().unwrap();
            assert_eq!((read.spec.app_id.as_str(), read.status), ("app-1", None), "{damaged}");
        }
    }

    #[test]
    fn a_spec_that_cannot_be_read_is_an_error_that_names_the_field() {
        for (spec, field) in
            [(json!({"appId": "app 1"}), "app 1"), (json!({}), "appId"), (json!(null), "null")]
        {
            let watch = json!({"metadata": {"name": "shop"}, "spec": spec, "status": {}});
            let error = serde_json::from_value::<Watched>(watch).unwrap().read().unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn resource_versions_are_compared_as_numbers() {
        assert!(watched("10").is_newer_than(&watched("9")) && !watched("9").is_newer_than(&watched("10")));
        assert!(!watched("10").is_newer_than(&watched("opaque")));
    }
}
