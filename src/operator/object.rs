//! A resource as it streams in.

use std::borrow::Cow;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::object::{HasSpec, HasStatus};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A resource of kind `K`, whatever its spec and its status hold: one that cannot be read must not hide the others.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound = "")]
pub(super) struct Object<K> {
    /// Its metadata.
    pub(super) metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    /// Its status as it is stored.
    #[serde(default)]
    pub(super) status: Value,
    #[serde(skip)]
    kind: PhantomData<K>,
}

impl<K> Object<K> {
    /// Its uid.
    pub(super) fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// The generation of its spec.
    pub(super) fn generation(&self) -> i64 {
        self.metadata.generation.unwrap_or(0)
    }

    /// What its user declares; or what of it cannot be read.
    pub(super) fn spec(&self) -> Result<K::Spec, String>
    where
        K: HasSpec<Spec: DeserializeOwned>,
    {
        serde_path_to_error::deserialize(&self.spec).map_err(|problem| problem.to_string())
    }

    /// Its status. One that cannot be read is as good as none, and is written anew.
    pub(super) fn read_status(&self) -> K::Status
    where
        K: HasStatus<Status: DeserializeOwned + Default>,
    {
        serde_json::from_value(self.status.clone()).unwrap_or_default()
    }

    /// Whether it is stored later than `other`, as far as resource versions say it.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        let version = |of: &Self| of.metadata.resource_version.as_ref()?.parse::<u64>().ok();
        version(self) > version(other)
    }
}

impl<K: Resource<DynamicType = ()>> Resource for Object<K> {
    type DynamicType = ();
    type Scope = K::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{SaeAccount, SaeAccountStatus, SaeAppWatchSet, SaeAppWatchSetStatus};

    #[test]
    fn of_a_spec_that_cannot_be_read_the_field_is_named_and_the_status_is_none() {
        let account: Object<SaeAccount> = serde_json::from_value(json!({
            "metadata": {"name": "prod"},
            "spec": {"accountId": "x", "namespaces": ["*"]},
            "status": {"observedGeneration": "soon"},
        }))
        .unwrap();
        let problem = account.spec().unwrap_err();
        assert!(problem.starts_with("accountId: "), "{problem}");
        assert_eq!(account.read_status(), SaeAccountStatus::default());

        let set: Object<SaeAppWatchSet> = serde_json::from_value(json!({
            "metadata": {"name": "all", "namespace": "team-a"},
            "spec": {"template": {"spec": {"interval": "soon"}}},
            "status": {"observedGeneration": "soon"},
        }))
        .unwrap();
        let problem = set.spec().unwrap_err();
        assert!(problem.starts_with("template.spec.interval: "), "{problem}");
        assert_eq!(set.read_status(), SaeAppWatchSetStatus::default());
    }
}
