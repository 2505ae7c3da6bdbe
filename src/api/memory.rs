//! What the operator keeps in a status for its own next decision (contract §2).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Health, Time};

/// The operator's own memory of a watch: what its next decision compares with, so that a restart changes nothing of it.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMemory {
    /// When the desired count was last seen to rise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_since: Option<Time>,
    /// Polls in a row that differ from the health shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streak: Option<Streak>,
    /// The last good or bad health, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The images, or package versions where one is set, of the last finished rollout; at most 5.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5), inner(length(max = 256)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub versions: Vec<String>,
    /// What events have already reported about crash loops and image pulls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified: Option<Notified>,
    /// Since when the SaeAccount is missing, while no event has reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_missing_since: Option<Time>,
}

/// Polls in a row that were all worse, or all better, than the health shown.
#[derive(KubeSchema, Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Streak {
    /// The health that the newest of these polls found.
    pub health: Health,
    /// The number of these polls.
    pub polls: i64,
}

/// Good or bad: what events of health are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Healthy or ScaledToZero.
    Good,
    /// Degraded or Unhealthy.
    Bad,
}

/// The last good or bad health; events of health compare with it.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Verdict {
    /// Good or bad.
    pub outcome: Outcome,
    /// When it became so.
    pub since: Time,
}

/// What events have reported about states that come and go quickly.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notified {
    /// About crash loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_looping: Option<Notice>,
    /// About images that cannot be pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_pull: Option<Notice>,
}

/// Whether an instance was in such a state at the last observation, and when an event last reported it.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Notice {
    /// Whether an instance was in such a state at the last observation.
    pub present: bool,
    /// When the event was last emitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

impl StoredMemory {
    /// Whether nothing is remembered.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
