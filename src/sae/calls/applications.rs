//! ListApplications: the applications of a region.

use super::{Call, Page};
use crate::api::RegionId;
use crate::sae::{Answer, Error, Operation, Query};

/// How many applications a page is asked to hold, the most that ListApplications ever documented.
pub(crate) const APPLICATIONS_PAGE_SIZE: u32 = 200;

/// One page of ListApplications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationsCall {
    /// The region that is asked.
    pub region: RegionId,
    /// CurrentPage, from 1.
    pub page: u32,
}

/// How many instances ListApplications says an application has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationCounts {
    /// AppId.
    pub app: String,
    /// Instances: how many are wanted.
    pub instances: Option<i64>,
    /// RunningInstances: how many run, well or not.
    pub running: Option<i64>,
}

impl ApplicationsCall {
    /// The first page of a region's applications.
    pub fn first(region: &RegionId) -> Self {
        Self { region: region.clone(), page: 1 }
    }
}

impl Call for ApplicationsCall {
    const OPERATION: Operation = Operation::Applications;
    type Reply = Page<ApplicationCounts>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, page } = self;
        Query::new([("CurrentPage", page.to_string()), ("PageSize", APPLICATIONS_PAGE_SIZE.to_string())])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.applications()
    }
}
