//! Which application is meant, by its id or by its name.

use std::sync::Arc;

use super::{Access, Admission, Target};
use crate::api::{AppId, AppName, NamespaceId, RegionId, SaeAppWatchSpec, SaeAppWatchStatus};

/// The name of an application, which is unique in its namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// AppName.
    pub name: AppName,
    /// NamespaceId.
    pub namespace: NamespaceId,
}

/// What is known of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: Option<AppId>,
    /// Its name and namespace.
    pub named: Option<Arc<Named>>,
}

/// A target whose application is known by its name.
pub type NamedTarget = Target<Arc<Named>>;

/// What a watch wants polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetRef {
    /// An application by its id.
    Id(Arc<Target>),
    /// An application by its name, and the id that it had when that was last known.
    Name(Arc<NamedTarget>, Option<AppId>),
}

impl NamedTarget {
    /// The target, once the id is known.
    pub fn with_id(&self, app: AppId) -> Target {
        let Self { account, region, app: _, groups, instance, pipeline } = self.clone();
        Target { account, region, app, groups, instance, pipeline }
    }
}

impl TargetRef {
    /// What a spec wants polled, beside what its status says; `None` when nothing names a region, or not exactly one
    /// application is named, or the account that the spec names is not known.
    pub fn new(spec: &SaeAppWatchSpec, status: Option<&SaeAppWatchStatus>, access: &Access) -> Option<Self> {
        if spec.contradiction().is_some() {
            return None;
        }
        let is_refused = matches!(access.admission, Admission::Refused(_));
        if is_refused && spec.account_ref.is_some() && access.account.is_none() {
            return None;
        }
        let of_namespace = spec.namespace_id.as_ref().map(NamespaceId::region);
        let region = spec.region_id.clone().or(of_namespace).or_else(|| access.default_region.clone())?;
        let (account, groups) = (access.account.clone(), spec.group_ids.clone());
        let (instance, pipeline) = (spec.instance_id.clone(), spec.pipeline_id.clone());
        match (&spec.app_id, &spec.app_name) {
            (Some(app), None) => {
                let app = app.clone();
                Some(Self::Id(Arc::new(Target { account, region, app, groups, instance, pipeline })))
            }
            (None, Some(name)) => {
                let namespace = spec.namespace_id.clone().unwrap_or_else(|| region.clone().into());
                let named = Arc::new(Named { name: name.clone(), namespace });
                let last = status.and_then(|status| last_id(spec, status, &named));
                let target = Target { account, region, app: named, groups, instance, pipeline };
                Some(Self::Name(Arc::new(target), last))
            }
            _ => None,
        }
    }

    /// The target of a watch by name.
    pub fn named(&self) -> Option<&NamedTarget> {
        match self {
            Self::Id(_) => None,
            Self::Name(target, _) => Some(target),
        }
    }

    /// The region that is asked.
    pub fn region(&self) -> &RegionId {
        match self {
            Self::Id(target) => &target.region,
            Self::Name(target, _) => &target.region,
        }
    }

    /// The target, if the id is known: the one of the spec, or else this one.
    pub fn target(&self, id: Option<&AppId>) -> Option<Arc<Target>> {
        match self {
            Self::Id(target) => Some(target.clone()),
            Self::Name(target, last) => Some(Arc::new(target.with_id(id.or(last.as_ref())?.clone()))),
        }
    }
}

/// The id that a status gives an application, if it was found under this name, in this namespace and this account. A spec
/// may name another region or another account than it did, and its application is another one there.
fn last_id(spec: &SaeAppWatchSpec, status: &SaeAppWatchStatus, named: &Named) -> Option<AppId> {
    let account = spec.account_ref.as_ref().map(|account| &account.name);
    let is_same = status.app_name.as_ref() == Some(&named.name)
        && status.namespace_id.as_ref() == Some(&named.namespace)
        && status.account.as_ref() == account;
    status.app_id.clone().filter(|_| is_same)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What a watch with this spec wants polled whose status says that `shop` is `app-1` in the default namespace of
    /// cn-hangzhou and in the account prod.
    fn wanted(spec: Value) -> TargetRef {
        let status = json!({
            "appId": "app-1", "appName": "shop", "namespaceId": "cn-hangzhou", "account": "prod",
        });
        let access = Access::own(Some("cn-hangzhou".parse().unwrap()));
        let (spec, status) = (serde_json::from_value(spec).unwrap(), serde_json::from_value(status).unwrap());
        TargetRef::new(&spec, Some(&status), &access).unwrap()
    }

    fn id_of(spec: Value) -> Option<String> {
        wanted(spec).target(None).map(|target| target.app.to_string())
    }

    #[test]
    fn the_id_of_the_status_serves_a_name_only_in_its_namespace_and_its_account() {
        let prod = json!({"name": "prod"});
        assert_eq!(id_of(json!({"appName": "shop", "accountRef": prod})).as_deref(), Some("app-1"));
        for other in [
            json!({"appName": "Shop", "accountRef": prod}),
            json!({"appName": "shop", "accountRef": prod, "regionId": "cn-beijing"}),
            json!({"appName": "shop", "accountRef": prod, "namespaceId": "cn-hangzhou:prod"}),
            json!({"appName": "shop", "accountRef": {"name": "test"}}),
            json!({"appName": "shop"}),
        ] {
            assert_eq!(id_of(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn a_namespace_says_which_region_is_asked() {
        let spec = json!({"appName": "shop", "namespaceId": "cn-beijing:prod"});
        assert_eq!(wanted(spec).region().as_str(), "cn-beijing");
    }

    #[test]
    fn an_application_by_its_id_and_by_its_name_is_one_target() {
        let by_id = wanted(json!({"appId": "app-2"})).target(None);
        let by_name = wanted(json!({"appName": "shop"})).target(Some(&"app-2".parse().unwrap()));
        assert_eq!(by_id, by_name);
    }
}
