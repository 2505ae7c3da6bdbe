//! One good answer about a target, as decoded and before any judgement.

use std::sync::Arc;

use jiff::Timestamp;

/// Everything one successful poll saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When the last call of the poll was answered.
    pub at: Timestamp,
    /// The watched groups as SAE lists them: the named ones, or all. Empty: SAE lists none.
    pub groups: Arc<[ObservedGroup]>,
    /// Every instance, one for each id, in the order of the answer.
    pub instances: Vec<ObservedInstance>,
    /// Whether SAE calls the application STOPPED; asked only when nothing runs and something should.
    pub stopped: bool,
}

/// One instance group as DescribeApplicationGroups has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObservedGroup {
    /// GroupId.
    pub id: String,
    /// GroupName.
    pub name: Option<String>,
    /// Replicas: how many instances SAE is to run; absent when the answer leaves it out.
    pub replicas: Option<i64>,
    /// ImageUrl.
    pub image: Option<String>,
    /// PackageVersion.
    pub package_version: Option<String>,
}

/// One instance as DescribeApplicationInstances has it: every field but `Timestamp`, which moves by itself.
/// Placeholders (`空`, `null`, `-`, empty) and times of 0 are already absent here.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservedInstance {
    /// InstanceId; empty when the answer leaves it out, since an instance is never dropped.
    pub id: String,
    /// GroupId; the group that was asked when the answer leaves it out.
    pub group_id: Option<String>,
    /// InstanceContainerStatus.
    pub container: Option<String>,
    /// MainContainerStatus.
    pub main: Option<String>,
    /// InstanceHealthStatus.
    pub health: Option<String>,
    /// InstanceContainerRestarts.
    pub restarts: Option<i64>,
    /// InstanceContainerIp.
    pub ip: Option<String>,
    /// Eip.
    pub eip: Option<String>,
    /// VSwitchId.
    pub v_switch_id: Option<String>,
    /// ImageUrl.
    pub image: Option<String>,
    /// PackageVersion.
    pub package_version: Option<String>,
    /// CreateTimeStamp.
    pub created_at: Option<Timestamp>,
    /// FinishTimeStamp.
    pub finished_at: Option<Timestamp>,
    /// DebugStatus.
    pub debug: Option<bool>,
    /// TrafficStatus.
    pub traffic_status: Option<String>,
    /// SidecarContainersStatus.
    pub sidecars: Vec<ObservedSidecar>,
    /// Tags, as key and value.
    pub tags: Vec<(String, String)>,
    /// UnhealthyMessage.
    pub message: Option<String>,
}

/// One container beside the main one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservedSidecar {
    /// ContainerId.
    pub id: Option<String>,
    /// ContainerStatus.
    pub status: Option<String>,
    /// ImageUrl.
    pub image: Option<String>,
}
