//! What every reconcile is given.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;

use super::events::Events;
use super::watches::Watches;
use crate::domain::Settings;
use crate::domain::freshness::whole_seconds;
use crate::poll::{Clock, Polls, WatchId};
use crate::telemetry::{self, Metrics};

/// What every reconcile is given.
pub struct Context {
    pub(super) client: Client,
    pub(super) events: Events,
    pub(super) polls: Polls,
    pub(super) settings: Settings,
    pub(super) watches: Watches,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    /// What the watches show in metrics.
    pub(super) watch_series: Arc<telemetry::Watches>,
}

impl Context {
    /// What reconciles need. `replica` is who reports events; `clock` is given, so that tests run hours in
    /// milliseconds. What other contexts have shown of their watches in `metrics` is not shown any more.
    pub fn new(
        client: Client,
        polls: Polls,
        settings: Settings,
        replica: String,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let events = Events::new(client.clone(), replica);
        let watch_series = metrics.watches.begin();
        Self { client, events, polls, settings, watches: Watches::default(), clock, metrics, watch_series }
    }

    /// Forgets a watch that is gone.
    pub(super) fn forget(&self, id: &WatchId) {
        self.polls.unsubscribe(id);
        self.watches.forget(id);
        self.watch_series.forget(&id.namespace, &id.name);
    }

    pub(super) fn now(&self) -> Timestamp {
        whole_seconds(self.clock.now())
    }
}
