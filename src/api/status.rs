//! What the operator answers: the status, but for the single instance (contract §2).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AccountName, AppId, AppName, Condition, Diagnosis, InstanceStatus, NEVER_OBSERVED, NamespaceId, RegionId,
    StoredMemory, Time,
};

/// The health of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Health {
    /// Enough instances are ready.
    Healthy,
    /// Not enough are ready yet, and none fails.
    Progressing,
    /// Not enough are ready.
    Degraded,
    /// Far too few are ready.
    Unhealthy,
    /// None are wanted.
    ScaledToZero,
    /// It is unknown.
    Unknown,
}

impl Health {
    /// The word, as the status, the table and the metrics write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Progressing => "Progressing",
            Self::Degraded => "Degraded",
            Self::Unhealthy => "Unhealthy",
            Self::ScaledToZero => "ScaledToZero",
            Self::Unknown => "Unknown",
        }
    }
}

/// What the operator knows of the application. Written rarely: when its meaning changes, else every few
/// minutes as a heartbeat.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaeAppWatchStatus {
    /// The health of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Ready instances of desired instances, such as 9/10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ready_instances: Option<String>,
    /// Why the row is as it is: Suspended while the watch or its account is, else Ready's reason while Ready is not True,
    /// else AppHealthy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reason: Option<String>,
    /// The message that belongs to the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub message: Option<String>,
    /// The application's name in SAE, or its id while no name is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub app: Option<String>,
    /// The application's id in SAE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// The application's name in SAE, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_name: Option<AppName>,
    /// The application's namespace in SAE, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_id: Option<NamespaceId>,
    /// The SaeAccount that the watch uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
    /// The region of the data shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionId>,
    /// How many instance groups the data shown covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_count: Option<i64>,
    /// Ready: the watch works and its data is fresh. AppHealthy: the application is healthy or scaled to zero.
    /// Reconciling and Stalled are present only while true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Instance counts by state; exact also where the list is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The instance groups, at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub groups: Vec<GroupStatus>,
    /// The instances, worst first, at most spec.instances.limit of them and 256 KiB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub instances: Vec<InstanceStatus>,
    /// How many instances are not in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances_omitted: Option<i64>,
    /// A checksum of every field of every instance but messages and times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub revision: Option<String>,
    /// The generation of the spec that the status answers; -1 until the first outcome.
    #[serde(default = "never_observed")]
    pub observed_generation: i64,
    /// When the newest answer that was written came. An unchanged status is written once a heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Time>,
    /// The time after which the data shown counts as stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after: Option<Time>,
    /// When health last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_at: Option<Time>,
    /// The time between polls, while the account's quota makes it longer than spec.interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub effective_interval: Option<String>,
    /// The operator's own memory, kept so that a restart changes nothing. Do not rely on it.
    #[serde(default, skip_serializing_if = "StoredMemory::is_empty")]
    pub memory: StoredMemory,
    /// The last 10 changes of health, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub recent_transitions: Vec<Transition>,
    /// The value of the annotation saewatch.dev/requested-at that was served last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub last_handled_request: Option<String>,
    /// Why the application is unwell, as SAE says it. Only with --diagnose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Box<Diagnosis>>,
}

/// Instance counts by state.
#[derive(KubeSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counts {
    /// Desired instances; absent when SAE does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<i64>,
    /// Existing instances.
    pub total: i64,
    /// Ready instances.
    pub ready: i64,
    /// Starting instances.
    pub starting: i64,
    /// Unhealthy instances.
    pub unhealthy: i64,
    /// Failing instances.
    pub failing: i64,
    /// Terminating instances.
    pub terminating: i64,
    /// Instances whose status is unknown.
    pub unknown: i64,
    /// Desired instances that do not exist.
    pub missing: i64,
    /// Sum of the restarts of all instances.
    pub restarts: i64,
}

/// One instance group.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupStatus {
    /// The group's id.
    #[schemars(length(max = 256))]
    pub id: String,
    /// The group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub name: Option<String>,
    /// Its desired instances; absent under a filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<i64>,
    /// Its instances.
    pub total: i64,
    /// Its ready instances.
    pub ready: i64,
    /// Its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub image: Option<String>,
    /// The version of its package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub package_version: Option<String>,
}

/// One change of health.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transition {
    /// When it changed.
    pub at: Time,
    /// The health before.
    pub from: Health,
    /// The health after.
    pub to: Health,
    /// AppHealthy's reason after the change.
    #[schemars(length(max = 64))]
    pub reason: String,
}

fn never_observed() -> i64 {
    NEVER_OBSERVED
}

impl Default for SaeAppWatchStatus {
    fn default() -> Self {
        Self {
            health: None,
            ready_instances: None,
            reason: None,
            message: None,
            app: None,
            app_id: None,
            app_name: None,
            namespace_id: None,
            account: None,
            region: None,
            group_count: None,
            conditions: Vec::new(),
            counts: None,
            groups: Vec::new(),
            instances: Vec::new(),
            instances_omitted: None,
            revision: None,
            observed_generation: NEVER_OBSERVED,
            observed_at: None,
            stale_after: None,
            last_transition_at: None,
            effective_interval: None,
            memory: StoredMemory::default(),
            recent_transitions: Vec::new(),
            last_handled_request: None,
            diagnosis: None,
        }
    }
}
