//! What the operator answers for an account (contract §11.1).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, NEVER_OBSERVED, RegionId};

/// What the operator knows of the account. Conditions are written when they change, the rest at most once a minute.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaeAccountStatus {
    /// Ready: STS says that the keys are those of the account. It speaks of STS and of this object, not of what SAE
    /// answers. Reconciling and Stalled are present only while true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The ARN that STS gave for the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub caller: Option<String>,
    /// Calls a minute that the watches want, of those that the account may make, such as 24/30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub calls: Option<String>,
    /// The watches that use the account and may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watches: Option<WatchCounts>,
    /// The regions in which SAE has answered, at most 30: those with the most watched applications.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["id".into()]))]
    pub regions: Vec<RegionStatus>,
    /// The generation of the spec that the status answers; -1 until the first outcome.
    #[serde(default = "never_observed")]
    pub observed_generation: i64,
}

/// The watches of an account.
#[derive(KubeSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchCounts {
    /// All of them.
    pub total: i64,
    /// Those that are not Ready.
    pub not_ready: i64,
    /// Those whose application is Degraded or Unhealthy.
    pub unwell: i64,
    /// Those whose application is Healthy.
    pub healthy: i64,
    /// Those whose application is Progressing.
    pub progressing: i64,
    /// Those whose application is Degraded.
    pub degraded: i64,
    /// Those whose application is Unhealthy.
    pub unhealthy: i64,
    /// Those whose application is ScaledToZero.
    pub scaled_to_zero: i64,
    /// Those whose application's health is Unknown.
    pub unknown: i64,
}

/// One region of an account.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegionStatus {
    /// The region.
    pub id: RegionId,
    /// Distinct applications that are watched in it.
    pub watched: i64,
    /// Applications that there are, by the last complete list; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applications: Option<i64>,
}

fn never_observed() -> i64 {
    NEVER_OBSERVED
}

impl Default for SaeAccountStatus {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            caller: None,
            calls: None,
            watches: None,
            regions: Vec::new(),
            observed_generation: NEVER_OBSERVED,
        }
    }
}
