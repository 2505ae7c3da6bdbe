//! What an admin declares: an account that watches may use, and which namespaces may use it (contract §11.1).

use std::collections::BTreeSet;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::rules::int_range;
use super::{AccountId, ExternalId, NamespacePattern, ProfileName, RegionId, RoleArn, SaeAccountStatus};

/// One Alibaba Cloud account that watches may use: the identity with which it is asked, and which namespaces may use
/// it. It holds no secret and names no Secret.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "saewatch.dev",
    version = "v1alpha1",
    kind = "SaeAccount",
    plural = "saeaccounts",
    singular = "saeaccount",
    shortname = "saeacc",
    category = "sae",
    status = "SaeAccountStatus",
    derive = "PartialEq",
    doc = "An Alibaba Cloud account that watches may use: the identity with which it is asked, and which namespaces may use it. It holds no secret and names no Secret. Whoever may write one decides which namespace sees which account.",
    printcolumn(
        name = "Account",
        type_ = "string",
        json_path = ".spec.accountId",
        description = "The number of the account"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the keys are those of the account"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "The reason of Ready"
    ),
    printcolumn(
        name = "Watches",
        type_ = "integer",
        json_path = ".status.watches.total",
        description = "Watches that use the account and may"
    ),
    printcolumn(
        name = "Unwell",
        type_ = "integer",
        json_path = ".status.watches.unwell",
        description = "Watches whose application is Degraded or Unhealthy"
    ),
    printcolumn(
        name = "Calls",
        type_ = "string",
        json_path = ".status.calls",
        description = "Calls a minute that the watches want, of those that the account may make"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Age of the account's resource"
    )
)]
#[x_kube(validation = Rule::new("!has(self.externalId) || has(self.roleArn)").message("externalId is only sent with a role: set roleArn too, or leave it out"))]
#[x_kube(validation = Rule::new("!has(self.profile) || !has(self.roleArn)").message("profile and roleArn exclude each other: each is a whole identity"))]
#[x_kube(validation = Rule::new("!has(self.roleArn) || self.roleArn.startsWith('acs:ram::' + self.accountId + ':')").message("roleArn must be a role of accountId"))]
#[serde(rename_all = "camelCase")]
pub struct SaeAccountSpec {
    /// The number of the Alibaba Cloud account, 5 to 20 digits. Nothing is sent to SAE before STS has said that the keys
    /// are those of this account. Immutable: another account is another SaeAccount.
    #[x_kube(validation = Rule::new("self == oldSelf").message("accountId is immutable: create another SaeAccount for another account"))]
    pub account_id: AccountId,

    /// The RAM role that the operator assumes with its own keys, such as acs:ram::1234567890123456:role/saewatch. It is
    /// a role of accountId. Default: none; without roleArn and profile the account is asked with the operator's own keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<RoleArn>,

    /// The external id that the trust policy of the role asks for; only with roleArn. It is no secret. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,

    /// A profile of the operator's own config.json or credentials file; not together with roleArn. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,

    /// The namespaces whose watches may use the account, from 1 to 100: each a name, the beginning of names and one *, or
    /// * for all. A pattern trusts whoever may create namespaces.
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.size() >= 1").message("namespaces must name at least one namespace, or * for all"))]
    pub namespaces: BTreeSet<NamespacePattern>,

    /// The region of the account's watches that name none, such as cn-hangzhou. Default: the region the operator was
    /// started with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region_id: Option<RegionId>,

    /// The most calls to SAE in any 60 seconds for this account, from 1 to 6000. Default: the operator's
    /// --calls-per-minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("callsPerMinute", 1, 6000))]
    pub calls_per_minute: Option<i32>,

    /// Make no call for this account; its watches are as suspended ones. Default: false.
    #[serde(default)]
    pub suspend: bool,
}
