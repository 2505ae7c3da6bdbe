//! DescribeApplicationInstances: the instances of one group.

use super::{Call, PAGE_SIZE, Page};
use crate::api::{AppId, RegionId, SaeId};
use crate::domain::{ObservedInstance, Target};
use crate::sae::{Answer, Error, Operation, Query};

/// One page of DescribeApplicationInstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstancesCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
    /// GroupId.
    pub group: String,
    /// InstanceId, SAE's filter on one instance.
    pub instance: Option<SaeId>,
    /// PipelineId, SAE's filter on one deployment batch.
    pub pipeline: Option<SaeId>,
    /// CurrentPage, from 1.
    pub page: u32,
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
