//! The calls that may be made, and what each of them brings; there is no way to make another.
//!
//! Each call is one HTTP request. Paging, retrying and counting belong to the holder of the budget.

use std::time::Duration;

use super::{Answer, Error, Operation, Query};
use crate::api::{AppId, RegionId, SaeId};

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

/// One request: an operation with its parameters.
pub trait Call: Send + Sync {
    /// The operation.
    const OPERATION: Operation;
    /// What a good answer says.
    type Reply: Send;

    /// The region that is asked.
    fn region(&self) -> &RegionId;

    /// The parameters.
    fn query(&self) -> Query;

    /// Reads the answer.
    fn read(&self, answer: Answer) -> Result<Self::Reply, Error>;
}

/// What answers a call: the real client, or a simulated world in a test of the scheduler.
pub trait Ask<C: Call>: Send + Sync {
    /// Makes the call once. It may take `timeout`.
    fn ask(&self, call: &C, timeout: Duration) -> impl Future<Output = Result<C::Reply, Error>> + Send;
}

/// What answers all of them.
pub trait Api:
    Ask<InstancesCall> + Ask<GroupsCall> + Ask<ApplicationsCall> + Ask<StatusCall> + 'static
{
}

impl<A> Api for A where
    A: Ask<InstancesCall> + Ask<GroupsCall> + Ask<ApplicationsCall> + Ask<StatusCall> + Send + Sync + 'static
{
}
