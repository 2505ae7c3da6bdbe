//! One good answer about a target, as decoded and before any judgement.
//!
//! The texts of its instances are parts of the answer's body, which they share: there are hundreds, and a block of
//! memory for each would cost more than reading them.

use std::sync::Arc;

use bytestring::ByteString;
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
    pub id: ByteString,
    /// GroupId; the group that was asked when the answer leaves it out.
    pub group_id: Option<ByteString>,
    /// InstanceContainerStatus.
    pub container: Option<ByteString>,
    /// MainContainerStatus.
    pub main: Option<ByteString>,
    /// InstanceHealthStatus.
    pub health: Option<ByteString>,
    /// InstanceContainerRestarts.
    pub restarts: Option<i64>,
    /// InstanceContainerIp.
    pub ip: Option<ByteString>,
    /// Eip.
    pub eip: Option<ByteString>,
    /// VSwitchId.
    pub v_switch_id: Option<ByteString>,
    /// ImageUrl.
    pub image: Option<ByteString>,
    /// PackageVersion.
    pub package_version: Option<ByteString>,
    /// CreateTimeStamp.
    pub created_at: Option<Timestamp>,
    /// FinishTimeStamp.
    pub finished_at: Option<Timestamp>,
    /// DebugStatus.
    pub debug: Option<bool>,
    /// TrafficStatus.
    pub traffic_status: Option<ByteString>,
    /// SidecarContainersStatus.
    pub sidecars: Vec<ObservedSidecar>,
    /// Tags, as key and value.
    pub tags: Vec<(ByteString, ByteString)>,
    /// UnhealthyMessage.
    pub message: Option<ByteString>,
}

/// One container beside the main one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservedSidecar {
    /// ContainerId.
    pub id: Option<ByteString>,
    /// ContainerStatus.
    pub status: Option<ByteString>,
    /// ImageUrl.
    pub image: Option<ByteString>,
}
