//! What the store keeps of a resource.

use std::borrow::Cow;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};

use super::owners::is_shared;
use super::stored::Stored;
use crate::api::{REQUESTED_AT, SaeAppWatch, SaeAppWatchSpec};
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
    fn resource_versions_are_compared_as_numbers() {
        assert!(watched("10").is_newer_than(&watched("9")) && !watched("9").is_newer_than(&watched("10")));
        assert!(!watched("10").is_newer_than(&watched("opaque")));
    }
}
