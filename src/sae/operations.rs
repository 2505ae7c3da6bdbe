//! The four operations that may be sent, as questions and answers; there is no way to send another.
//!
//! Each question is one HTTP request. Paging, retrying and counting belong to whoever holds the budget.

use std::future::Future;
use std::time::Duration;

use super::Error;
use crate::api::{AppId, RegionId, SaeId};
use crate::domain::{ObservedGroup, ObservedInstance};

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
    /// PageSize; SAE may answer with fewer.
    pub page_size: u32,
    /// Reverse: SAE's own order, worst first, turned round. Left out unless said.
    pub reverse: Option<bool>,
}

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

/// One page of ListApplications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationsCall {
    /// The region that is asked.
    pub region: RegionId,
    /// CurrentPage, from 1.
    pub page: u32,
}

/// The state of one application: DescribeApplicationStatus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
}

/// What one page of DescribeApplicationInstances holds.
#[derive(Debug, Clone, PartialEq)]
pub struct InstancesPage {
    /// The instances of this page, as they came.
    pub instances: Vec<ObservedInstance>,
    /// TotalSize; absent when the answer leaves it out.
    pub total: Option<u64>,
}

/// What one page of ListApplications holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationsPage {
    /// The applications of this page.
    pub applications: Vec<ApplicationCounts>,
    /// TotalSize; absent when the answer leaves it out.
    pub total: Option<u64>,
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

/// Whoever answers the four questions: the real client, or a world made up by a test of the scheduler.
pub trait Api: Send + Sync + 'static {
    /// Asks for one page of instances.
    fn instances(
        &self,
        call: &InstancesCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<InstancesPage, Error>> + Send;
    /// Asks for the groups of an application.
    fn groups(
        &self,
        call: &GroupsCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<Vec<ObservedGroup>, Error>> + Send;
    /// Asks for one page of applications.
    fn applications(
        &self,
        call: &ApplicationsCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<ApplicationsPage, Error>> + Send;
    /// Asks whether SAE calls the application STOPPED.
    fn is_stopped(
        &self,
        call: &StatusCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;
}
