//! The calls as requests: the operations that may be sent, their queries, and who reads their answers.

use super::{
    Answer, ApplicationCounts, ApplicationsCall, Call, Error, GroupsCall, InstancesCall, Page, Query,
    StatusCall,
};
use crate::api::RegionId;
use crate::domain::{ObservedGroup, ObservedInstance, Target};

/// How many instances or groups a page is asked to hold; SAE may answer with fewer. An application has 50 instances unless its owner asked
/// for more, so one page is nearly always all of them.
const PAGE_SIZE: u32 = 100;
/// How many applications a page is asked to hold, the most that ListApplications ever documented.
pub(crate) const APPLICATIONS_PAGE_SIZE: u32 = 200;

/// The allow-list. Some of SAE's GET operations change things or hand out a shell, so no other name can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// DescribeApplicationInstances.
    Instances,
    /// DescribeApplicationGroups.
    Groups,
    /// ListApplications.
    Applications,
    /// DescribeApplicationStatus.
    Status,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Instances, Self::Groups, Self::Applications, Self::Status];

    /// The operation's name, as SAE documents it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instances => "DescribeApplicationInstances",
            Self::Groups => "DescribeApplicationGroups",
            Self::Applications => "ListApplications",
            Self::Status => "DescribeApplicationStatus",
        }
    }

    /// The path that selects it.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Instances => "/pop/v1/sam/app/describeApplicationInstances",
            Self::Groups => "/pop/v1/sam/app/describeApplicationGroups",
            Self::Applications => "/pop/v1/sam/app/listApplications",
            Self::Status => "/pop/v1/sam/app/describeApplicationStatus",
        }
    }
}

impl InstancesCall {
    /// The first page of one group of a target.
    pub fn first(target: &Target, group: &str) -> Self {
        Self {
            region: target.region.clone(),
            app: target.app.clone(),
            group: group.to_owned(),
            instance: target.instance.clone(),
            pipeline: target.pipeline.clone(),
            page: 1,
        }
    }
}

impl Call for InstancesCall {
    const OPERATION: Operation = Operation::Instances;
    type Reply = Page<ObservedInstance>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app, group, instance, pipeline, page } = self;
        let (page, page_size) = (page.to_string(), PAGE_SIZE.to_string());
        let always =
            [("AppId", app.as_str()), ("GroupId", group), ("CurrentPage", &page), ("PageSize", &page_size)];
        let instance = instance.as_ref().map(|id| ("InstanceId", id.as_str()));
        let pipeline = pipeline.as_ref().map(|id| ("PipelineId", id.as_str()));
        Query::new(always.into_iter().chain(instance).chain(pipeline))
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.instances(&self.group)
    }
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

impl StatusCall {
    /// The state of a target's application.
    pub fn new(target: &Target) -> Self {
        Self { region: target.region.clone(), app: target.app.clone() }
    }
}

impl Call for StatusCall {
    const OPERATION: Operation = Operation::Status;
    type Reply = bool;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app } = self;
        Query::new([("AppId", app.as_str())])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.is_stopped()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            region: "cn-hangzhou".parse().unwrap(),
            app: "app-1".parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        }
    }

    #[test]
    fn page_and_page_size_are_always_said() {
        let plain = InstancesCall::first(&target(), "g 1").query();
        assert_eq!(plain.as_str(), "AppId=app-1&CurrentPage=1&GroupId=g%201&PageSize=100");
        let groups = GroupsCall::first(&target()).query();
        assert_eq!(groups.as_str(), "AppId=app-1&CurrentPage=1&PageSize=100");
        let applications = ApplicationsCall::first(&target().region).query();
        assert_eq!(applications.as_str(), "CurrentPage=1&PageSize=200");
        assert_eq!(StatusCall::new(&target()).query().as_str(), "AppId=app-1");
    }

    #[test]
    fn every_documented_parameter_can_be_sent() {
        let call = InstancesCall {
            instance: Some("i-1".parse().unwrap()),
            pipeline: Some("p-1".parse().unwrap()),
            page: 2,
            ..InstancesCall::first(&target(), "g")
        };
        assert_eq!(
            call.query().as_str(),
            "AppId=app-1&CurrentPage=2&GroupId=g&InstanceId=i-1&PageSize=100&PipelineId=p-1"
        );
    }
}
