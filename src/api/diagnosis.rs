//! Why the application is unwell, as SAE says it (contract §14).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Time;

/// What SAE says happened when the health became bad. Written with --diagnose alone, after the health itself.
// What is absent is written as null: in a merge patch that removes what an earlier diagnosis said.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// When SAE was asked.
    pub at: Time,
    /// Since when the health is bad, or worse, that this explains.
    pub since: Time,
    /// The newest change order, if it began at most 24 hours before.
    #[serde(default)]
    pub change: Option<DiagnosedChange>,
    /// Warning events of the application, newest first, from an hour before the health became bad; at most 10.
    #[serde(default)]
    #[schemars(length(max = 10))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub events: Vec<DiagnosedEvent>,
    /// The first thing that is missing; absent when the diagnosis is whole.
    #[serde(default)]
    pub incomplete: Option<Incomplete>,
}

/// A change order of the application.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosedChange {
    /// Its id.
    #[schemars(length(max = 256))]
    pub id: String,
    /// Its type, as SAE writes it, such as CoDeploy.
    #[serde(rename = "type", default)]
    #[schemars(length(max = 256))]
    pub kind: Option<String>,
    /// Preparing, Running, Succeeded, Failed, Aborted, WaitingForConfirmation, WaitingForBatch, SystemFailure,
    /// AwaitingApproval or Approved; another number as it came.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub status: Option<String>,
    /// When it was made, as SAE writes it: without a time zone.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub created_at: Option<String>,
    /// What SAE says of a change order that is under way, waits or failed.
    #[serde(default)]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
}

/// Warning events with one reason and object.
// A list is replaced whole, and no field of it may be null.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosedEvent {
    /// Their reason.
    #[schemars(length(max = 256))]
    pub reason: String,
    /// What they are about, as kind/name.
    #[schemars(length(max = 256))]
    pub object: String,
    /// What the newest of them says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub message: Option<String>,
    /// What SAE takes for the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub cause: Option<String>,
    /// How many there are.
    pub count: i64,
    /// When the first of them came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at: Option<Time>,
    /// When the last of them came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Time>,
}

/// Why a diagnosis is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Incomplete {
    /// SAE denies the request.
    AccessDenied,
    /// The account was over its quota.
    Throttled,
    /// SAE did not answer, or said that it failed.
    Failed,
    /// The answer could not be read.
    Unreadable,
    /// The application's namespace, without which there are no events, was not known in time.
    NamespaceUnknown,
}
