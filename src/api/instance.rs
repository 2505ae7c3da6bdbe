//! One instance as the status lists it (contract §2).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// The state of one instance. The order is that of the list: worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum InstanceState {
    /// It crashes, cannot pull its image, or has been starting for too long.
    Failing,
    /// It runs, and a health check or a sidecar fails.
    Unhealthy,
    /// Its status is unknown.
    Unknown,
    /// It is starting.
    Starting,
    /// It is terminating.
    Terminating,
    /// It runs, and no health check or sidecar fails.
    Ready,
}

impl InstanceState {
    /// The state's word, as the status and the metrics write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "Failing",
            Self::Unhealthy => "Unhealthy",
            Self::Unknown => "Unknown",
            Self::Starting => "Starting",
            Self::Terminating => "Terminating",
            Self::Ready => "Ready",
        }
    }
}

/// One instance: what SAE says about it, and its state. A field that SAE left out is absent.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceStatus {
    /// The instance's id, the name of its pod.
    #[schemars(length(max = 256))]
    pub id: String,
    /// The group it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub group_id: Option<String>,
    /// Its state.
    pub state: InstanceState,
    /// The status of SAE that decided the state.
    #[schemars(length(max = 256))]
    pub reason: String,
    /// When the operator first saw it in this state.
    pub since: Time,
    /// SAE's InstanceContainerStatus, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub container_status: Option<String>,
    /// SAE's InstanceHealthStatus, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub health_status: Option<String>,
    /// SAE's MainContainerStatus, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub main_container_status: Option<String>,
    /// Restarts of its container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<i64>,
    /// Its address inside the VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub ip: Option<String>,
    /// Its elastic address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub eip: Option<String>,
    /// The vSwitch it is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub v_switch_id: Option<String>,
    /// The image it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub image: Option<String>,
    /// The version of the package it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub package_version: Option<String>,
    /// When its creation began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// When its creation was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Whether it is being debugged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debug: Option<bool>,
    /// SAE's TrafficStatus, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub traffic_status: Option<String>,
    /// Its sidecars, at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub sidecars: Vec<SidecarStatus>,
    /// Its tags, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub tags: Vec<Tag>,
    /// Why a health check failed, in SAE's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
}

/// A container beside the main one.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SidecarStatus {
    /// The container's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub id: Option<String>,
    /// SAE's ContainerStatus, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub status: Option<String>,
    /// The image it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub image: Option<String>,
}

/// A tag of an instance; either side may be empty, as SAE has it.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tag {
    /// The tag's key.
    #[schemars(length(max = 256))]
    pub key: String,
    /// The tag's value.
    #[schemars(length(max = 256))]
    pub value: String,
}
