//! A SaeAppWatchSet as it streams in.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{SaeAppWatchSet, SaeAppWatchSetSpec, SaeAppWatchSetStatus};
use crate::poll::SetId;

/// A `SaeAppWatchSet`, whatever its spec and its status hold: one that cannot be read must not hide the others.
#[derive(Debug, Clone, Resource, Deserialize)]
#[resource(inherit = "SaeAppWatchSet")]
pub(super) struct SetObject {
    /// Its metadata.
    pub metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    /// Its status as it is stored.
    #[serde(default)]
    pub status: Value,
}

impl SetObject {
    /// Which set it is.
    pub(super) fn id(&self) -> SetId {
        SetId {
            namespace: self.metadata.namespace.as_deref().unwrap_or_default().into(),
            name: self.metadata.name.as_deref().unwrap_or_default().into(),
        }
    }

    /// Its uid.
    pub(super) fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The generation of its spec.
    pub(super) fn generation(&self) -> i64 {
        self.metadata.generation.unwrap_or(0)
    }

    /// Whether it is being deleted.
    pub(super) fn is_deleting(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// What the team declares; or what of it cannot be read.
    pub(super) fn spec(&self) -> Result<SaeAppWatchSetSpec, String> {
        serde_path_to_error::deserialize(&self.spec).map_err(|problem| problem.to_string())
    }

    /// Its status. One that cannot be read is as good as none, and is written anew.
    pub(super) fn read_status(&self) -> SaeAppWatchSetStatus {
        serde_json::from_value(self.status.clone()).unwrap_or_default()
    }

    /// Whether it is stored later than `other`, as far as resource versions say it.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        let version = |of: &Self| of.metadata.resource_version.as_ref()?.parse::<u64>().ok();
        version(self) > version(other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_spec_that_cannot_be_read_the_field_is_named_and_the_status_is_none() {
        let object: SetObject = serde_json::from_value(json!({
            "metadata": {"name": "all", "namespace": "team-a"},
            "spec": {"template": {"spec": {"interval": "soon"}}},
            "status": {"observedGeneration": "soon"},
        }))
        .unwrap();
        let problem = object.spec().unwrap_err();
        assert!(problem.starts_with("template.spec.interval: "), "{problem}");
        assert_eq!(object.read_status(), SaeAppWatchSetStatus::default());
    }

    #[test]
    fn a_set_without_a_spec_means_all_applications_of_the_default_region() {
        let object: SetObject = serde_json::from_value(json!({"metadata": {}, "spec": {}})).unwrap();
        assert_eq!(object.spec(), Ok(SaeAppWatchSetSpec::default()));
    }
}
