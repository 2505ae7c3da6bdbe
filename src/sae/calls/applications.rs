//! ListApplications: the applications of a region.

use std::sync::Arc;

use super::{Call, MICRO_SERVICE, Page};
use crate::api::RegionId;
use crate::domain::Named;
use crate::sae::{Answer, Error, Operation, Query};

/// How many applications a page is asked to hold, and how many where SAE refuses that or gives fewer: the most that
/// ListApplications documented in 2021.
pub(crate) const APPLICATIONS_PAGE_SIZES: (u32, u32) = (1000, 200);

/// One page of ListApplications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationsCall {
    /// The region that is asked.
    pub region: RegionId,
    /// The application that is looked for; all of them without. SAE may list others that have the name in theirs, so
    /// the reader compares.
    pub named: Option<Arc<Named>>,
    /// CurrentPage, from 1.
    pub page: u32,
    /// PageSize.
    pub page_size: u32,
}

/// One application, as ListApplications lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApplication {
    /// AppId.
    pub app: String,
    /// AppName.
    pub name: Option<String>,
    /// NamespaceId.
    pub namespace: Option<String>,
    /// Instances: how many are wanted.
    pub instances: Option<i64>,
    /// RunningInstances: how many run, well or not.
    pub running: Option<i64>,
    /// AppDeletingStatus: whether it is being deleted.
    pub is_deleting: bool,
    /// Tags: keys and values.
    pub tags: Box<[(Box<str>, Box<str>)]>,
}

impl ApplicationsCall {
    /// The first page of a region's applications.
    pub fn first(region: &RegionId) -> Self {
        Self { region: region.clone(), named: None, page: 1, page_size: APPLICATIONS_PAGE_SIZES.0 }
    }
}

impl Call for ApplicationsCall {
    const OPERATION: Operation = Operation::Applications;
    type Reply = Page<ListedApplication>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, named, page, page_size } = self;
        let (page, page_size) = (page.to_string(), page_size.to_string());
        let mut pairs = vec![("AppSource", MICRO_SERVICE), ("CurrentPage", &page), ("PageSize", &page_size)];
        if let Some(named) = named {
            let Named { name, namespace } = &**named;
            pairs.extend([("AppName", name.as_str()), ("NamespaceId", namespace.as_str())]);
        }
        Query::new(pairs)
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.applications()
    }
}
