//! The resources users write, `SaeAppWatch`, `SaeAccount` and `SaeAppWatchSet`: their specs, statuses, columns and rules.
//!
//! This room knows no logic and no client. What it says is what `saewatch crd` prints, so every doc comment
//! on a field here is also what `kubectl explain` answers.

mod account;
mod account_status;
mod crd;
mod diagnosis;
mod duration;
mod ids;
mod instance;
mod memory;
mod name_pattern;
mod namespaces;
mod parse_duration;
mod rules;
mod selector;
mod set;
mod set_status;
mod shapes;
mod spec;
mod status;
mod time;

pub use account::{SaeAccount, SaeAccountSpec};
pub use account_status::SaeAccountStatus;
pub(crate) use account_status::{RegionStatus, WatchCounts};
pub use crd::crds;
pub(crate) use crd::crds_yaml;
pub use diagnosis::{DiagnosedChange, DiagnosedEvent, Diagnosis, Incomplete};
pub use duration::GoDuration;
pub(crate) use duration::InvalidDuration;
pub use ids::{
    AccountId, AccountName, AppId, AppName, ExternalId, Namespace, NamespaceId, ProfileName, RegionId,
    RoleArn,
};
pub(crate) use ids::{InvalidId, SaeId};
pub use instance::{InstanceState, InstanceStatus};
pub(crate) use instance::{SidecarStatus, Tag};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
pub(crate) use memory::{Notice, Notified, Outcome, StoredMemory, Streak, Verdict};
pub use name_pattern::NamePattern;
pub use namespaces::NamespacePattern;
pub(crate) use selector::parse_selector;
pub use set::{
    ApplicationSelector, SaeAppWatchSet, SaeAppWatchSetSpec, TemplateHealth, TemplateInstances,
    TemplateMetadata, TemplateSpec, WatchTemplate,
};
pub use set_status::SaeAppWatchSetStatus;
pub(crate) use shapes::is_subdomain;
pub use spec::{AccountRef, HealthRules, SaeAppWatch, SaeAppWatchSpec};
pub(crate) use status::{Counts, GroupStatus, Transition};
pub use status::{Health, SaeAppWatchStatus};
pub use time::Time;

/// The API group of every resource of this project.
pub const GROUP: &str = "saewatch.dev";
/// The version of the API that is served and stored.
pub const VERSION: &str = "v1alpha1";
/// The kind of a watch.
pub const KIND: &str = "SaeAppWatch";
/// The annotation that asks for a poll now; any new value is a new request.
pub const REQUESTED_AT: &str = "saewatch.dev/requested-at";
/// The annotation that says on which port the instances of a watch are scraped.
pub const SCRAPE_PORT: &str = "saewatch.dev/scrape-port";
/// The label that names the set which a watch belongs to.
pub const SET_LABEL: &str = "saewatch.dev/set";
/// The annotation that says, as a checksum, what a set applied last.
pub const TEMPLATE_ANNOTATION: &str = "saewatch.dev/template";
/// What `observedGeneration` says until the first outcome: no generation, so that no tool calls the watch
/// current before anyone looked.
pub const NEVER_OBSERVED: i64 = -1;
