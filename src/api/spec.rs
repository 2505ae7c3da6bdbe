//! What a user declares: the spec, its defaults, its columns and its rules (contract §1).

use std::collections::BTreeSet;

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::rules::{
    NAMESPACE_OF_NAME, ONE_APPLICATION, REGION_OF_NAMESPACE, duration_range, duration_shape, immutable,
    int_range, namespace_of_name, one_application, region_of_namespace, timeout_below_interval,
};
use super::{AccountName, AppId, AppName, GoDuration, NamespaceId, RegionId, SaeAppWatchStatus, SaeId};

/// What to do where another application is meant.
const OTHER_WATCH: &str = "create another watch for another application";

/// One watch: an SAE application, or some of its instance groups, whose instances and health are kept in the
/// status of this resource.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "saewatch.dev",
    version = "v1alpha1",
    kind = "SaeAppWatch",
    plural = "saeappwatches",
    singular = "saeappwatch",
    shortname = "saw",
    category = "sae",
    namespaced,
    status = "SaeAppWatchStatus",
    derive = "PartialEq",
    doc = "A watch on one application of Alibaba Cloud Serverless App Engine (SAE): which application, and how often. The operator keeps its instances and its health in the status.",
    selectable = ".spec.appId",
    selectable = ".spec.appName",
    selectable = ".spec.regionId",
    selectable = ".status.app",
    selectable = ".status.health",
    printcolumn(
        name = "App",
        type_ = "string",
        json_path = ".status.app",
        description = "The application's name in SAE, or its id while no name is known"
    ),
    printcolumn(
        name = "Health",
        type_ = "string",
        json_path = ".status.health",
        description = "The health of the application: Healthy, Progressing, Degraded, Unhealthy, ScaledToZero or Unknown"
    ),
    printcolumn(
        name = "Instances",
        type_ = "string",
        json_path = ".status.readyInstances",
        description = "Ready instances of desired instances"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the watch works and its data is fresh"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.reason",
        description = "Suspended, or Ready's reason while Ready is not True, or AppHealthy's reason"
    ),
    printcolumn(
        name = "Observed",
        type_ = "date",
        json_path = ".status.observedAt",
        description = "Age of the newest answer that was written"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Age of the watch"
    ),
    printcolumn(
        name = "App-ID",
        type_ = "string",
        json_path = ".status.appId",
        description = "The application's id in SAE",
        priority = 1
    ),
    printcolumn(
        name = "Account",
        type_ = "string",
        json_path = ".status.account",
        description = "The SaeAccount of the application; empty: the operator's own keys",
        priority = 1
    ),
    printcolumn(
        name = "Region",
        type_ = "string",
        json_path = ".status.region",
        description = "The region of the data shown",
        priority = 1
    ),
    printcolumn(
        name = "Groups",
        type_ = "integer",
        json_path = ".status.groupCount",
        description = "Number of instance groups",
        priority = 1
    ),
    printcolumn(
        name = "Restarts",
        type_ = "integer",
        json_path = ".status.counts.restarts",
        description = "Restarts of all instances",
        priority = 1
    ),
    printcolumn(
        name = "Suspended",
        type_ = "boolean",
        json_path = ".spec.suspend",
        description = "Whether polling is suspended",
        priority = 1
    ),
    printcolumn(
        name = "Interval",
        type_ = "string",
        json_path = ".status.effectiveInterval",
        description = "Time between polls, while the quota makes it longer than spec.interval",
        priority = 1
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.message",
        description = "The message that belongs to the reason",
        priority = 1
    )
)]
#[x_kube(validation = timeout_below_interval())]
#[x_kube(validation = one_application(), validation = namespace_of_name(), validation = region_of_namespace())]
#[x_kube(validation = immutable("appId", OTHER_WATCH), validation = immutable("appName", OTHER_WATCH))]
#[x_kube(validation = immutable("namespaceId", OTHER_WATCH))]
#[serde(rename_all = "camelCase")]
pub struct SaeAppWatchSpec {
    /// The id of the SAE application, 1 to 128 of A-Z a-z 0-9 . _ -. Exactly one of appId and appName is given.
    /// Immutable: another application is another watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,

    /// The name of the application in SAE, compared exactly. An application that is made again under this name is
    /// followed. Exactly one of appId and appName is given. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_name: Option<AppName>,

    /// The namespace of SAE that appName is in, such as cn-hangzhou:prod; only with appName. Default: the region's default
    /// namespace, whose id is the region's. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_id: Option<NamespaceId>,

    /// The account of the application. Default: none; SAE is asked with the operator's own keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ref: Option<AccountRef>,

    /// The ids of the instance groups to watch, from 1 to 50 of them. Default: all groups, found by SAE's
    /// `DescribeApplicationGroups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.size() >= 1").message("groupIds must name at least one group; leave it out to watch all of them"))]
    pub group_ids: Option<BTreeSet<SaeId>>,

    /// The region of the application, such as cn-hangzhou. Default: the region of namespaceId, else the account's, else
    /// the one the operator was started with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region_id: Option<RegionId>,

    /// Watch this one instance only (a filter of SAE's own).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<SaeId>,

    /// Watch the instances of this deployment batch only (a filter of SAE's own).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<SaeId>,

    /// How often SAE is polled, from 15s to 24h. Default: 60s. Polls may be rarer while the account's quota is
    /// short; see `status.effectiveInterval`.
    #[serde(default = "defaults::interval")]
    #[x_kube(validation = duration_shape("interval"), validation = duration_range("interval", "15s", "24h"))]
    pub interval: GoDuration,

    /// How long one call to SAE may take, from 1s to 60s and shorter than the interval. Default: 10s.
    #[serde(default = "defaults::timeout")]
    #[x_kube(validation = duration_shape("timeout"), validation = duration_range("timeout", "1s", "60s"))]
    pub timeout: GoDuration,

    /// Stop polling SAE; the status keeps what it shows. Default: false.
    #[serde(default)]
    pub suspend: bool,

    /// How many polls in a row must fail before the watch is no longer Ready, from 1 to 10. Default: 3.
    #[serde(default = "defaults::failure_threshold")]
    #[x_kube(validation = int_range("failureThreshold", 1, 10))]
    pub failure_threshold: i32,

    /// What counts as healthy, and how many polls must agree.
    #[serde(default)]
    pub health: HealthRules,

    /// Which instances the status lists.
    #[serde(default)]
    pub instances: InstanceList,
}

/// Which account an application belongs to.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRef {
    /// The name of a SaeAccount. It must allow the namespace of the watch.
    pub name: AccountName,
}

/// What counts as healthy, and how many polls must agree.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.unhealthyBelowPercent) || self.unhealthyBelowPercent <= self.minHealthyPercent").message("unhealthyBelowPercent must not be above minHealthyPercent"))]
#[serde(rename_all = "camelCase")]
pub struct HealthRules {
    /// The percentage of desired instances that must be ready for the application to be Healthy, from 1 to 100.
    /// Default: 100.
    #[serde(default = "defaults::min_healthy_percent")]
    #[x_kube(validation = int_range("minHealthyPercent", 1, 100))]
    pub min_healthy_percent: i32,

    /// The percentage of ready instances below which the application is Unhealthy and not just Degraded, from 0 to 100
    /// and not above minHealthyPercent. Default: the smaller of 50 and minHealthyPercent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("unhealthyBelowPercent", 0, 100))]
    pub unhealthy_below_percent: Option<i32>,

    /// Whether an instance without any health check is Unhealthy. Default: false.
    #[serde(default)]
    pub require_health_check: bool,

    /// How long an instance may be starting, and how long missing instances are awaited, from 30s to 24h. Default: 10m.
    #[serde(default = "defaults::progress_deadline")]
    #[x_kube(validation = duration_shape("progressDeadline"), validation = duration_range("progressDeadline", "30s", "24h"))]
    pub progress_deadline: GoDuration,

    /// How many polls in a row must find a worse health before it is shown, from 1 to 10. Default: 2.
    #[serde(default = "defaults::unhealthy_threshold")]
    #[x_kube(validation = int_range("unhealthyThreshold", 1, 10))]
    pub unhealthy_threshold: i32,

    /// How many polls in a row must find a better health before it is shown, from 1 to 10. Default: 1.
    #[serde(default = "defaults::healthy_threshold")]
    #[x_kube(validation = int_range("healthyThreshold", 1, 10))]
    pub healthy_threshold: i32,
}

/// Which instances the status lists.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceList {
    /// How many instances the status lists, worst first, from 0 to 200. Default: 100. The counts are always of all of
    /// them.
    #[serde(default = "defaults::limit")]
    #[x_kube(validation = int_range("limit", 0, 200))]
    pub limit: i32,
}

impl SaeAppWatchSpec {
    /// A spec that names its application and leaves everything else at its default.
    pub fn new(app_id: AppId) -> Self {
        Self { app_id: Some(app_id), ..Self::default() }
    }

    /// Why the spec does not say which application it means, in the words of the CRD's rule. The API server checks the
    /// rules, but the CRD may be another version's.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let Self { app_id, app_name, namespace_id, region_id, .. } = self;
        let of_namespace = namespace_id.as_ref().map(NamespaceId::region);
        if app_id.is_some() == app_name.is_some() {
            Some(ONE_APPLICATION)
        } else if namespace_id.is_some() && app_name.is_none() {
            Some(NAMESPACE_OF_NAME)
        } else if region_id.is_some() && of_namespace.is_some() && *region_id != of_namespace {
            Some(REGION_OF_NAMESPACE)
        } else {
            None
        }
    }
}

impl Default for SaeAppWatchSpec {
    /// A spec that names no application yet.
    fn default() -> Self {
        Self {
            app_id: None,
            app_name: None,
            namespace_id: None,
            account_ref: None,
            group_ids: None,
            region_id: None,
            instance_id: None,
            pipeline_id: None,
            interval: defaults::interval(),
            timeout: defaults::timeout(),
            suspend: false,
            failure_threshold: defaults::failure_threshold(),
            health: HealthRules::default(),
            instances: InstanceList::default(),
        }
    }
}

impl Default for HealthRules {
    fn default() -> Self {
        Self {
            min_healthy_percent: defaults::min_healthy_percent(),
            unhealthy_below_percent: None,
            require_health_check: false,
            progress_deadline: defaults::progress_deadline(),
            unhealthy_threshold: defaults::unhealthy_threshold(),
            healthy_threshold: defaults::healthy_threshold(),
        }
    }
}

impl Default for InstanceList {
    fn default() -> Self {
        Self { limit: defaults::limit() }
    }
}

/// The defaults of contract §1; they stand in the schema, so the API server writes them into every object.
mod defaults {
    use super::GoDuration;

    pub(super) fn interval() -> GoDuration {
        GoDuration::from_secs(60)
    }
    pub(super) fn timeout() -> GoDuration {
        GoDuration::from_secs(10)
    }
    pub(super) fn min_healthy_percent() -> i32 {
        100
    }
    pub(super) fn progress_deadline() -> GoDuration {
        "10m".parse().unwrap_or_else(|_| GoDuration::from_secs(600))
    }
    pub(super) fn unhealthy_threshold() -> i32 {
        2
    }
    pub(super) fn healthy_threshold() -> i32 {
        1
    }
    pub(super) fn failure_threshold() -> i32 {
        3
    }
    pub(super) fn limit() -> i32 {
        100
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_spec_names_exactly_one_application_and_its_namespace_goes_with_a_name_and_a_region() {
        for (spec, contradiction) in [
            (json!({}), Some(ONE_APPLICATION)),
            (json!({"appId": "a", "appName": "shop"}), Some(ONE_APPLICATION)),
            (json!({"appId": "a"}), None),
            (json!({"appName": "shop", "regionId": "cn-hangzhou"}), None),
            (json!({"appId": "a", "namespaceId": "cn-hangzhou:prod"}), Some(NAMESPACE_OF_NAME)),
            (json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod"}), None),
            (json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod", "regionId": "cn-hangzhou"}), None),
            (
                json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod", "regionId": "cn-hang"}),
                Some(REGION_OF_NAMESPACE),
            ),
        ] {
            let read: SaeAppWatchSpec = serde_json::from_value(spec.clone()).unwrap();
            assert_eq!(read.contradiction(), contradiction, "{spec}");
        }
    }
}
