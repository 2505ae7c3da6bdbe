//! What every reconcile is given.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;

use super::accounts::Directory;
use super::events::Events;
use super::sets::Changes;
use super::streamed::Streamed;
use super::targets::ForTargets;
use super::watches::Watches;
use crate::api::SaeAppWatchSpec;
use crate::domain::Settings;
use crate::domain::freshness::whole_seconds;
use crate::poll::{Clock, Polls, WatchId};
use crate::telemetry::{self, Metrics, Targets};

/// What every reconcile is given.
pub struct Context {
    pub(super) client: Client,
    pub(super) events: Events,
    /// The scheduler of watches without an account.
    pub(super) own_polls: Polls,
    /// The accounts that watches may name.
    pub(super) accounts: Directory,
    /// What has changed for sets; `None` where they are not used.
    pub(super) sets: Option<Arc<Changes>>,
    pub(super) settings: Settings,
    pub(super) watches: Watches,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    /// What the watches show in metrics.
    pub(super) watch_series: Arc<telemetry::Watches>,
    /// What the watches list as targets for Prometheus; `None` where they are not served.
    pub(super) targets: Option<Arc<Targets>>,
    /// Whether SAE is asked why an application is unwell.
    pub(super) diagnoses: bool,
}

impl Context {
    /// What reconciles need. `replica` is who reports events; `clock` is given, so that tests run hours in
    /// milliseconds. What other contexts have shown of their watches in `metrics` is not shown any more.
    pub fn new(
        client: Client,
        own_polls: Polls,
        accounts: Directory,
        settings: Settings,
        replica: String,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let events = Events::new(client.clone(), replica);
        let watch_series = metrics.watches.begin();
        Self {
            client,
            events,
            own_polls,
            accounts,
            sets: None,
            settings,
            watches: Watches::default(),
            clock,
            metrics,
            watch_series,
            targets: None,
            diagnoses: false,
        }
    }

    /// With sets: they are followed, and their watches made.
    #[must_use]
    pub fn with_sets(self) -> Self {
        let changes = Arc::<Changes>::default();
        Self { watches: Watches::with_sets(changes.clone()), sets: Some(changes), ..self }
    }

    /// With a table of targets, in the place of that of other contexts.
    #[must_use]
    pub fn with_targets(self) -> Self {
        Self { targets: Some(self.metrics.targets.begin()), ..self }
    }

    /// With diagnoses: SAE is asked why an application is unwell.
    #[must_use]
    pub fn with_diagnoses(self) -> Self {
        Self { diagnoses: true, ..self }
    }

    /// Stores what the watch stream brings, as [`Watches::store`] says.
    pub(super) fn store<T: ForTargets>(&self, streamed: Streamed<T>) -> (WatchId, bool) {
        let Streamed { watch, targets } = streamed;
        let is_deleted = watch.metadata.deletion_timestamp.is_some();
        let (id, is_due) = self.watches.store(watch);
        if is_deleted {
            self.forget_targets(&id);
        } else {
            targets.put(self.targets.as_deref(), &id);
        }
        (id, is_due)
    }

    fn forget_targets(&self, id: &WatchId) {
        if let Some(targets) = &self.targets {
            targets.forget(&id.namespace, &id.name);
        }
    }

    /// Notes for sets that accounts have changed.
    pub(super) fn note_accounts(&self) {
        if let Some(sets) = &self.sets {
            sets.note_accounts();
        }
    }

    /// Ends what is done for a watch that is being deleted. It has its name until the watch stream says that it is gone.
    pub(super) fn retire(&self, id: &WatchId) {
        if let Some(polls) = self.watches.attach(id, None, None) {
            polls.unsubscribe(id);
        }
        self.watch_series.forget(&id.namespace, &id.name);
        self.forget_targets(id);
    }

    /// Forgets a watch that is gone.
    pub(super) fn forget(&self, id: &WatchId) {
        self.retire(id);
        self.watches.forget(id);
    }

    /// Notes which scheduler polls for a watch from now on; the one before polls for it no more.
    pub(super) fn attach(&self, id: &WatchId, spec: &SaeAppWatchSpec, polls: Option<&Polls>) {
        let account = spec.account_ref.as_ref().map(|account| &account.name);
        if let Some(before) = self.watches.attach(id, account, polls) {
            before.unsubscribe(id);
        }
    }

    /// Ends the polls for a watch.
    pub(super) fn unsubscribe(&self, id: &WatchId) {
        if let Some(polls) = self.watches.detach(id) {
            polls.unsubscribe(id);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        whole_seconds(self.clock.now())
    }
}
