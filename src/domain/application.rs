//! Which application is meant, by its id or by its name.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Access, Account, Admission, Target};
use crate::api::{AppId, AppName, NamespaceId, RegionId, SaeAppWatchSpec, SaeAppWatchStatus, SaeId};

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedTarget {
    /// As in [`Target`].
    pub account: Option<Arc<Account>>,
    /// As in [`Target`].
    pub region: RegionId,
    /// The application.
    pub named: Arc<Named>,
    /// As in [`Target`].
    pub groups: Option<BTreeSet<SaeId>>,
    /// As in [`Target`].
    pub instance: Option<SaeId>,
    /// As in [`Target`].
    pub pipeline: Option<SaeId>,
}

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
        let Self { account, region, named: _, groups, instance, pipeline } = self.clone();
        Target { account, region, app, groups, instance, pipeline }
    }
}

impl TargetRef {
    /// What a spec wants polled, beside what its status says; `None` when nothing names a region or an application, or
    /// the account that the spec names is not known.
    pub fn new(spec: &SaeAppWatchSpec, status: Option<&SaeAppWatchStatus>, access: &Access) -> Option<Self> {
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
                let target = NamedTarget { account, region, named, groups, instance, pipeline };
                let last = status.and_then(|status| status.app_id.clone());
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

    /// The target, if the id is known: the one of the spec, or else this one.
    pub fn target(&self, id: Option<&AppId>) -> Option<Arc<Target>> {
        match self {
            Self::Id(target) => Some(target.clone()),
            Self::Name(target, last) => Some(Arc::new(target.with_id(id.or(last.as_ref())?.clone()))),
        }
    }
}
