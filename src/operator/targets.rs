//! What of a watch goes into the table of targets (contract §16).
//!
//! What the watch stream is deserialized into has a parameter: without the table it is `()`, and nothing is read or kept
//! for it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::{Condition, InstanceStatus, SCRAPE_PORT, Time};
use crate::domain::withholds_targets;
use crate::poll::WatchId;
use crate::telemetry::{Listing, Targets};

/// What is read of a watch for the table of targets.
pub(super) trait ForTargets: Clone + Debug + Default + Send + 'static {
    /// Takes in an instance of the list.
    fn add(&mut self, instance: &InstanceStatus);

    /// Takes in everything else.
    fn complete(&mut self, of: Rest<'_>);

    /// Puts it into the table.
    fn put(&self, targets: Option<&Targets>, id: &WatchId);
}

/// What a watch says beside its list.
pub(super) struct Rest<'a> {
    pub(super) labels: &'a BTreeMap<String, String>,
    pub(super) annotations: &'a BTreeMap<String, String>,
    pub(super) spec: &'a Value,
    pub(super) status: &'a Map<String, Value>,
}

/// Without the table.
impl ForTargets for () {
    fn add(&mut self, _: &InstanceStatus) {}

    fn complete(&mut self, _: Rest<'_>) {}

    fn put(&self, _: Option<&Targets>, _: &WatchId) {}
}

impl ForTargets for Listing {
    fn add(&mut self, instance: &InstanceStatus) {
        Self::add(self, instance);
    }

    /// A field that cannot be read is as good as none, as where the status is read.
    fn complete(&mut self, Rest { labels, annotations, spec, status }: Rest<'_>) {
        let conditions: Vec<Condition> = field(status, "conditions").unwrap_or_default();
        let names_account = spec.get("accountRef").is_some_and(|account| !account.is_null());
        let instances = std::mem::take(&mut self.instances);
        *self = Self {
            labels: labels.clone(),
            scrape_port: annotations.get(SCRAPE_PORT).cloned(),
            account: field(status, "account"),
            region: field(status, "region"),
            app: field(status, "app"),
            app_id: field(status, "appId"),
            health: field(status, "health"),
            observed_at: field(status, "observedAt").map(|Time(at)| at),
            is_withheld: withholds_targets(&conditions, names_account),
            instances,
        };
    }

    fn put(&self, targets: Option<&Targets>, id: &WatchId) {
        if let Some(targets) = targets {
            targets.put(&id.namespace, &id.name, self);
        }
    }
}

fn field<T: DeserializeOwned>(of: &Map<String, Value>, name: &str) -> Option<T> {
    serde_json::from_value(of.get(name)?.clone()).ok()
}
