//! DescribeApplicationGroups: the groups of one application.

use super::{Call, PAGE_SIZE, Page};
use crate::api::{AppId, RegionId};
use crate::domain::{ObservedGroup, Target};
use crate::sae::{Answer, Error, Operation, Query};

/// The groups of one application: DescribeApplicationGroups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupsCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
    /// CurrentPage, from 1.
    pub page: u32,
}

impl GroupsCall {
    /// The first page of a target's groups.
    pub fn first(target: &Target) -> Self {
        Self { region: target.region.clone(), app: target.app.clone(), page: 1 }
    }
}

impl Call for GroupsCall {
    const OPERATION: Operation = Operation::Groups;
    type Reply = Page<ObservedGroup>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app, page } = self;
        Query::new([
            ("AppId", app.as_str()),
            ("CurrentPage", &page.to_string()),
            ("PageSize", &PAGE_SIZE.to_string()),
        ])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.groups()
    }
}
