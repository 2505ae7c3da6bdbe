//! A SaeAccount as it streams in.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{AccountName, SaeAccount, SaeAccountSpec, SaeAccountStatus};

/// A `SaeAccount`, whatever its spec and its status hold: one that cannot be read must not hide the others.
#[derive(Debug, Clone, Resource, Deserialize)]
#[resource(inherit = "SaeAccount")]
pub(super) struct AccountObject {
    /// Its metadata.
    pub metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    /// Its status as it is stored.
    #[serde(default)]
    pub status: Value,
}

impl AccountObject {
    /// Its name; `None` for one that no watch could name.
    pub(super) fn name(&self) -> Option<AccountName> {
        self.metadata.name.as_deref()?.parse().ok()
    }

    /// Its uid.
    pub(super) fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// What the admin declares; or what of it cannot be read.
    pub(super) fn spec(&self) -> Result<SaeAccountSpec, String> {
        serde_path_to_error::deserialize(&self.spec).map_err(|problem| problem.to_string())
    }

    /// Its status. One that cannot be read is as good as none, and is written anew.
    pub(super) fn read_status(&self) -> SaeAccountStatus {
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
        let object: AccountObject = serde_json::from_value(json!({
            "metadata": {"name": "prod"},
            "spec": {"accountId": "x", "namespaces": ["*"]},
            "status": {"observedGeneration": "soon"},
        }))
        .unwrap();
        let problem = object.spec().unwrap_err();
        assert!(problem.starts_with("accountId: "), "{problem}");
        assert_eq!(object.read_status(), SaeAccountStatus::default());
    }
}
