//! What the operator answers for a set (contract §15.1).

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, NEVER_OBSERVED, Time};

/// What the operator knows of the set: conditions are written when they change, the rest at most once a minute.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaeAppWatchSetStatus {
    /// Ready: the lists are in, and every watch could be applied. Reconciling and Stalled are present only while true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Applications that are selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applications: Option<i64>,
    /// Watches that the set owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watches: Option<i64>,
    /// Those whose application is Degraded or Unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwell: Option<i64>,
    /// Those whose application is gone, or is selected no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphan_count: Option<i64>,
    /// Their names, at most 50, sorted. The operator keeps them; delete them by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub orphans: Vec<String>,
    /// How many more there are; absent when all are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphans_omitted: Option<i64>,
    /// Applications beyond the limit; absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omitted: Option<i64>,
    /// Applications without a watch of the set, because another watch has its name; absent without any. Ready's message
    /// names the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicts: Option<i64>,
    /// When the oldest of the lists was read that the rest of the status comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<Time>,
    /// The generation of the spec that the status answers; -1 until the first outcome.
    #[serde(default = "never_observed")]
    pub observed_generation: i64,
}

fn never_observed() -> i64 {
    NEVER_OBSERVED
}

impl Default for SaeAppWatchSetStatus {
    fn default() -> Self {
        Self {
            conditions: Vec::new(),
            applications: None,
            watches: None,
            unwell: None,
            orphan_count: None,
            orphans: Vec::new(),
            orphans_omitted: None,
            omitted: None,
            conflicts: None,
            listed_at: None,
            observed_generation: NEVER_OBSERVED,
        }
    }
}
