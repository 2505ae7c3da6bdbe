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

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is listed, as it came.
    pub entries: Vec<T>,
    /// TotalSize: how many there are on all pages; absent when the answer leaves it out.
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

impl<T> Page<T> {
    /// The same page of something else.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { entries: self.entries.into_iter().map(change).collect(), total: self.total }
    }
}

/// Whoever answers the four questions: the real client, or a world made up by a test of the scheduler.
pub trait Api: Send + Sync + 'static {
    /// Asks for one page of instances.
    fn instances(
        &self,
        call: &InstancesCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<Page<ObservedInstance>, Error>> + Send;
    /// Asks for the groups of an application.
    fn groups(
        &self,
        call: &GroupsCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<Page<ObservedGroup>, Error>> + Send;
    /// Asks for one page of applications.
    fn applications(
        &self,
        call: &ApplicationsCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<Page<ApplicationCounts>, Error>> + Send;
    /// Asks whether SAE calls the application STOPPED.
    fn is_stopped(
        &self,
        call: &StatusCall,
        timeout: Duration,
    ) -> impl Future<Output = Result<bool, Error>> + Send;
}
