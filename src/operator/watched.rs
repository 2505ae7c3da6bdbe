//! What the store keeps of a resource.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::packed::Packed;
use crate::api::{REQUESTED_AT, SaeAppWatch, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::diagnosis::Mark;
use crate::domain::set::Membership;
use crate::domain::{InstanceMemos, ListFingerprint};
use crate::poll::WatchId;

/// A `SaeAppWatch` without its instance list and its diagnosis. Spec and status are read once a poll; spread over some thirty
/// blocks they would take five times the memory.
#[derive(Debug, Clone, Resource)]
#[resource(inherit = "SaeAppWatch")]
pub(super) struct Watched {
    /// Of its metadata the few fields that are used.
    pub metadata: ObjectMeta,
    /// Its spec, and its status without list and diagnosis.
    pub(super) text: Packed,
    /// What the list said of each instance.
    pub facts: InstanceMemos,
    /// The list's checksums.
    pub list: ListFingerprint,
    /// What it says of the set that it belongs to, if it has the label of one.
    pub(super) membership: Option<Box<Membership>>,
    /// What is kept of its diagnosis, which is not in the text.
    pub(super) diagnosis: Option<Box<Mark>>,
}

/// What a watch says.
#[derive(Debug, Deserialize)]
pub(super) struct Read {
    /// Its spec; where it cannot be read, what is known of it.
    pub spec: SaeAppWatchSpec,
    /// Why its spec cannot be read: the API server checks specs, but the CRD may be another version's.
    #[serde(skip)]
    pub unreadable: Option<String>,
    /// Whether its spec names an account, also where that cannot be read.
    #[serde(skip)]
    pub names_account: bool,
    /// Its status without list and diagnosis; `None` when it has none, or none that this version can read: one that another
    /// version wrote, or that was damaged by hand, is written anew after the next poll.
    pub status: Option<SaeAppWatchStatus>,
}

impl Watched {
    /// What it says.
    pub(super) fn read(&self) -> Read {
        let text = self.text.text();
        let mut read: Read = serde_json::from_slice(&text).unwrap_or_else(|_| Read::read_parts(&text));
        if read.unreadable.is_none() {
            read.unreadable = read.spec.contradiction().map(str::to_owned);
        }
        read.names_account |= read.spec.account_ref.is_some();
        read
    }

    /// Its status as it is stored, without list and diagnosis: also what this version cannot read.
    pub(super) fn status(&self) -> Value {
        let mut whole: Value = serde_json::from_slice(&self.text.text()).unwrap_or_default();
        whole["status"].take()
    }

    /// The value of the annotation that asks for a poll now.
    pub(super) fn request(&self) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(REQUESTED_AT).map(String::as_str)
    }

    /// Whether a set controls it.
    pub(super) fn is_of_set(&self) -> bool {
        self.membership.as_ref().is_some_and(|membership| membership.controller.is_some())
    }

    /// Whether it is stored later than `other`. Resource versions of one resource are numbers that grow
    /// (KEP-5504); where one is none, nothing is known and the store is believed.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.version() > other.version() && other.version().is_some()
    }

    /// Whether it is a newer version of the same watch.
    pub(super) fn supersedes(&self, other: &Self) -> bool {
        self.is_newer_than(other) && self.metadata.uid == other.metadata.uid
    }

    /// The version under which it is stored; `None` where that is no number.
    pub(super) fn version(&self) -> Option<u64> {
        self.metadata.resource_version.as_ref()?.parse().ok()
    }
}

impl Read {
    /// Reads spec and status each by itself.
    fn read_parts(text: &[u8]) -> Self {
        let mut whole: Value = serde_json::from_slice(text).unwrap_or_default();
        let status = serde_json::from_value(whole["status"].take()).ok();
        let names_account = !whole["spec"]["accountRef"].is_null();
        match serde_path_to_error::deserialize(&whole["spec"]) {
            Ok(spec) => Self { spec, unreadable: None, names_account, status },
            Err(problem) => {
                let spec = SaeAppWatchSpec {
                    app_id: read_field(&whole["spec"], "appId"),
                    app_name: read_field(&whole["spec"], "appName"),
                    namespace_id: read_field(&whole["spec"], "namespaceId"),
                    ..SaeAppWatchSpec::default()
                };
                Self { spec, unreadable: Some(problem.to_string()), names_account, status }
            }
        }
    }
}

/// A field of an object, if it is there and can be read.
pub(super) fn read_field<T: DeserializeOwned>(of: &Value, name: &str) -> Option<T> {
    serde_json::from_value(of.get(name)?.clone()).ok()
}

/// The name by which the polls know a watch.
pub(super) fn id_of(watch: &impl ResourceExt) -> WatchId {
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
    use crate::api::AppId;

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
            let read = serde_json::from_value::<Watched>(watch).unwrap().read();
            assert_eq!((read.spec.app_id.unwrap().as_str(), read.status), ("app-1", None), "{damaged}");
            assert_eq!(read.unreadable, None);
        }
    }

    #[test]
    fn of_a_spec_that_cannot_be_read_the_field_is_named_and_the_status_is_read() {
        let health = json!({"minHealthyPercent": "all"});
        for (spec, app, field) in [
            (json!({"appId": "app 1"}), None, "appId: "),
            (json!({"appId": "app-1", "interval": "soon"}), Some("app-1"), "interval: "),
            (json!({"appId": "app-1", "health": health}), Some("app-1"), "health.minHealthyPercent: "),
            (json!({}), None, "exactly one of appId and appName must be given"),
            (json!({"appName": "shop", "interval": "soon"}), None, "interval: "),
            (json!({"appId": "app-1", "appName": "shop"}), Some("app-1"), "exactly one of appId and appName"),
            (json!(null), None, "null"),
        ] {
            let status = json!({"readyInstances": "3/3"});
            let watch = json!({"metadata": {"name": "shop"}, "spec": spec, "status": status});
            let read = serde_json::from_value::<Watched>(watch).unwrap().read();
            let problem = read.unreadable.unwrap();
            assert!(problem.contains(field), "{problem}");
            assert_eq!(
                (
                    read.spec.app_id.as_ref().map(AppId::as_str),
                    read.status.unwrap().ready_instances.as_deref()
                ),
                (app, Some("3/3"))
            );
        }
    }

    #[test]
    fn of_a_spec_that_cannot_be_read_the_name_of_the_application_is() {
        let spec = json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod", "interval": "soon"});
        let watch = json!({"metadata": {"name": "shop"}, "spec": spec});
        let SaeAppWatchSpec { app_name, namespace_id, .. } =
            serde_json::from_value::<Watched>(watch).unwrap().read().spec;
        assert_eq!(
            (app_name.unwrap().as_str(), namespace_id.unwrap().as_str()),
            ("shop", "cn-hangzhou:prod")
        );
    }

    #[test]
    fn resource_versions_are_compared_as_numbers() {
        assert!(watched("10").is_newer_than(&watched("9")) && !watched("9").is_newer_than(&watched("10")));
        assert!(!watched("10").is_newer_than(&watched("opaque")));
    }
}
