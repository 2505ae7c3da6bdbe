//! The work of `run`: the polls and the operator, for as long as this replica leads.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::credentials::follow_credentials;
use super::kinds::Kinds;
use crate::cluster::{Candidate, LeaseParams};
use crate::domain;
use crate::operator::{self, AccountSettings, Context, Directory, Scope};
use crate::poll::{self, PollMetrics};
use crate::sae::Client;
use crate::telemetry::{Liveness, Metrics, Phase, Readiness, Watchdog};

/// How long writes under way may take after the signal to stop. Kubernetes waits 30 s by default before it kills;
/// the promise is to be gone in 5 (contract §10).
const GRACE: Duration = Duration::from_secs(3);
/// How long giving back the lease may take.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// What the work is started from.
pub(super) struct Work {
    pub(super) client: kube::Client,
    pub(super) sae: Client,
    pub(super) calls_per_minute: u32,
    pub(super) settings: domain::Settings,
    pub(super) scope: Scope,
    pub(super) kinds: Kinds,
    /// Whether instances are listed as targets for Prometheus.
    pub(super) serves_targets: bool,
    /// Whether SAE is asked why an application is unwell.
    pub(super) diagnoses: bool,
    pub(super) replica: String,
    pub(super) metrics: Metrics,
    pub(super) poll_metrics: PollMetrics,
    pub(super) liveness: Liveness,
    pub(super) readiness: Readiness,
    /// The lease of leader election; `None` when this is the only replica.
    pub(super) election: Option<LeaseParams>,
}

impl Work {
    /// Works until `stop` is cancelled.
    pub(super) async fn until(&self, stop: &CancellationToken) {
        match &self.election {
            Some(params) => self.work_while_leading(params, stop).await,
            None => self.work(stop).await,
        }
    }

    /// Works whenever this replica leads. Losing the lease ends the work at once, writes under way included, and not
    /// the process: another replica may be at work already.
    async fn work_while_leading(&self, params: &LeaseParams, stop: &CancellationToken) {
        let mut candidate = Candidate::new(self.client.clone(), params.clone());
        self.stand_by();
        while candidate.acquire(stop).await.is_some() {
            let leading = stop.child_token();
            let is_over = tokio::select! {
                () = self.work(&leading) => true,
                () = candidate.renew() => false,
            };
            leading.cancel();
            self.stand_by();
            if is_over {
                // What is left undone here runs out by itself.
                let _ = tokio::time::timeout(RELEASE_TIMEOUT, candidate.release()).await;
                return;
            }
        }
    }

    fn stand_by(&self) {
        self.readiness.enter(Phase::StandingBy);
        self.metrics.stand_by();
    }

    /// Works until `stop` is cancelled, and lets writes under way finish for the grace.
    async fn work(&self, stop: &CancellationToken) {
        self.readiness.enter(Phase::Listing);
        self.metrics.lead(true);
        let (sender, news) = poll::news();
        let polls = poll::start(
            Arc::new(self.sae.clone()),
            poll::Settings::new(self.calls_per_minute),
            sender.clone(),
            stop.clone(),
        );
        self.poll_metrics.show(None, &polls, self.sae.credentials().clone());
        self.liveness.follow("the scheduler of calls to SAE", polls.watchdog());
        tokio::spawn(follow_credentials(self.sae.credentials().clone(), polls.clone(), stop.clone()));
        let context = Context::new(
            self.client.clone(),
            polls,
            self.directory(),
            self.settings.clone(),
            self.replica.clone(),
            poll::Clock::system(),
            self.metrics.clone(),
        );
        let context = if self.kinds.watch_sets { context.with_sets() } else { context };
        let context = if self.diagnoses { context.with_diagnoses() } else { context };
        let context = Arc::new(if self.serves_targets { context.with_targets() } else { context });
        let watchdog = Watchdog::new();
        self.liveness.follow("the controller of watches", &watchdog);
        let out_of_time = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = operator::run(
                context,
                &self.scope,
                self.accounts(),
                (sender, news),
                self.readiness.clone(),
                &watchdog,
                stop.clone(),
            ) => {}
            () = out_of_time => tracing::warn!(grace = ?GRACE, "writes are still under way; not waiting any longer"),
        }
    }

    fn directory(&self) -> Directory {
        let region = self.settings.default_region.clone();
        if self.kinds.accounts {
            Directory::new(self.kinds.require_account, region)
        } else {
            Directory::unused(self.kinds.require_account, region)
        }
    }

    fn accounts(&self) -> Option<AccountSettings> {
        self.kinds.accounts.then(|| AccountSettings {
            is_required: self.kinds.require_account,
            label_selector: self.scope.label_selector.clone(),
            calls_per_minute: self.calls_per_minute,
            client: self.sae.clone(),
            metrics: self.poll_metrics.clone(),
            liveness: self.liveness.clone(),
        })
    }
}
