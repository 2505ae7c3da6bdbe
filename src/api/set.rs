//! What a team declares once for many applications: which of them, and what each watch is to say (contract §15.1).

use std::collections::{BTreeMap, BTreeSet};

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::rules::{
    duration_range, duration_shape, immutable, int_range, template_percentages, template_timeout,
};
use super::{AccountRef, GoDuration, NamePattern, NamespaceId, RegionId, SaeAppWatchSetStatus};

/// The longest name of a set: the names of its watches begin with it.
pub(super) const SET_NAME_LENGTH: usize = 40;

/// The applications that a team means, and the watch that each of them gets.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "saewatch.dev",
    version = "v1alpha1",
    kind = "SaeAppWatchSet",
    plural = "saeappwatchsets",
    singular = "saeappwatchset",
    shortname = "sawset",
    category = "sae",
    namespaced,
    status = "SaeAppWatchSetStatus",
    derive = "PartialEq",
    doc = "A watch for each application of SAE that is selected, those that appear later too. The operator makes and changes the watches in the set's namespace, and never deletes one.",
    printcolumn(
        name = "Applications",
        type_ = "integer",
        json_path = ".status.applications",
        description = "Applications that are selected"
    ),
    printcolumn(
        name = "Watches",
        type_ = "integer",
        json_path = ".status.watches",
        description = "Watches that the set owns"
    ),
    printcolumn(
        name = "Unwell",
        type_ = "integer",
        json_path = ".status.unwell",
        description = "Those whose application is Degraded or Unhealthy"
    ),
    printcolumn(
        name = "Orphans",
        type_ = "integer",
        json_path = ".status.orphanCount",
        description = "Those whose application is gone, or is selected no longer"
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the lists are in and every watch could be applied"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "The reason of Ready"
    ),
    printcolumn(
        name = "Listed",
        type_ = "date",
        json_path = ".status.listedAt",
        description = "Age of the oldest list that the counts come from"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "Age of the set"
    )
)]
#[x_kube(validation = immutable("accountRef", "create another set for another account"))]
#[serde(rename_all = "camelCase")]
pub struct SaeAppWatchSetSpec {
    /// The account of the applications. Default: none; they are listed with the operator's own keys. Immutable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_ref: Option<AccountRef>,

    /// The regions whose applications are meant, from 1 to 30 of them. Default: the account's region, else the one the
    /// operator was started with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 30))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.size() >= 1").message("regionIds must name at least one region; leave it out for the default region"))]
    pub region_ids: Option<BTreeSet<RegionId>>,

    /// Which applications of the regions are meant; all that are there without it.
    #[serde(default)]
    pub selector: ApplicationSelector,

    /// What each watch is to say. A field that it names is the set's; any other stays whose it is.
    #[serde(default)]
    pub template: WatchTemplate,

    /// The most applications that are watched, from 1 to 1000. Default: 200. Those that have a watch go first, then by
    /// region, namespace, name and id.
    #[serde(default = "default_limit")]
    #[x_kube(validation = int_range("limit", 1, 1000))]
    pub limit: i32,

    /// List, make and change nothing; the watches go on as they are. Default: false.
    #[serde(default)]
    pub suspend: bool,
}

/// Which applications are meant: those that fit all of it.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSelector {
    /// The namespaces of SAE, such as cn-hangzhou:prod, from 1 to 50 of them. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    #[x_kube(validation = Rule::new("self.size() >= 1").message("namespaceIds must name at least one namespace; leave it out for all"))]
    pub namespace_ids: Option<BTreeSet<NamespaceId>>,

    /// The names of applications, from 1 to 50 of them, with * for any characters, such as shop-*. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    #[x_kube(validation = Rule::new("self.size() >= 1").message("names must hold at least one name; leave it out for all"))]
    pub names: Option<Vec<NamePattern>>,

    /// Tags that an application must have, each with this value, at most 20. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 20))]
    pub tags: BTreeMap<String, String>,
}

/// What each watch of a set is to say.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchTemplate {
    /// Labels and annotations of each watch.
    #[serde(default)]
    pub metadata: TemplateMetadata,

    /// Fields of the spec of each watch. One that is left out here stays as it is in the watch.
    #[serde(default)]
    pub spec: TemplateSpec,
}

/// Labels and annotations of each watch of a set.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateMetadata {
    /// Labels of each watch, at most 50; none that begins with saewatch.dev/. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 50))]
    #[x_kube(validation = Rule::new("self.all(key, !key.startsWith('saewatch.dev/'))").message("labels must not begin with saewatch.dev/: those are the operator's"))]
    pub labels: BTreeMap<String, String>,

    /// Annotations of each watch, at most 50; of those that begin with saewatch.dev/ only saewatch.dev/scrape-port.
    /// Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 50))]
    #[x_kube(validation = Rule::new("self.all(key, !key.startsWith('saewatch.dev/') || key == 'saewatch.dev/scrape-port')").message("annotations must not begin with saewatch.dev/, but for saewatch.dev/scrape-port: the others are the operator's"))]
    pub annotations: BTreeMap<String, String>,
}

/// Fields of the spec of each watch of a set, by the same rules and without defaults.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[x_kube(validation = template_timeout())]
#[serde(rename_all = "camelCase")]
pub struct TemplateSpec {
    /// How often SAE is polled, from 15s to 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = duration_shape("interval"), validation = duration_range("interval", "15s", "24h"))]
    pub interval: Option<GoDuration>,

    /// How long one call to SAE may take, from 1s to 60s and shorter than the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = duration_shape("timeout"), validation = duration_range("timeout", "1s", "60s"))]
    pub timeout: Option<GoDuration>,

    /// Stop polling SAE for each watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// What counts as healthy, and how many polls must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<TemplateHealth>,

    /// Which instances the status lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<TemplateInstances>,
}

/// What counts as healthy, and how many polls must agree.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[x_kube(validation = template_percentages())]
#[serde(rename_all = "camelCase")]
pub struct TemplateHealth {
    /// The percentage of desired instances that must be ready for the application to be Healthy, from 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("minHealthyPercent", 1, 100))]
    pub min_healthy_percent: Option<i32>,

    /// The percentage of ready instances below which the application is Unhealthy and not just Degraded, from 0 to 100
    /// and not above minHealthyPercent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("unhealthyBelowPercent", 0, 100))]
    pub unhealthy_below_percent: Option<i32>,

    /// Whether an instance without any health check is Unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_health_check: Option<bool>,

    /// How long an instance may be starting, and how long missing instances are awaited, from 30s to 24h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = duration_shape("progressDeadline"), validation = duration_range("progressDeadline", "30s", "24h"))]
    pub progress_deadline: Option<GoDuration>,

    /// How many polls in a row must find a worse health before it is shown, from 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("unhealthyThreshold", 1, 10))]
    pub unhealthy_threshold: Option<i32>,

    /// How many polls in a row must find a better health before it is shown, from 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("healthyThreshold", 1, 10))]
    pub healthy_threshold: Option<i32>,
}

/// Which instances the status lists.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplateInstances {
    /// How many instances the status lists, worst first, from 0 to 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = int_range("limit", 0, 200))]
    pub limit: Option<i32>,
}

fn default_limit() -> i32 {
    200
}

impl Default for SaeAppWatchSetSpec {
    /// All applications of the default region, each watched with the defaults of a watch.
    fn default() -> Self {
        Self {
            account_ref: None,
            region_ids: None,
            selector: ApplicationSelector::default(),
            template: WatchTemplate::default(),
            limit: default_limit(),
            suspend: false,
        }
    }
}
