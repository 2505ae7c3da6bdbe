//! `saewatch run`: the operator.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::{ArgAction, Args as ClapArgs};
use kube::core::Selector;

use super::endpoints::Endpoints;
use super::kinds::Kinds;
use super::work::Work;
use super::{election, runtime, values};
use crate::api::{GoDuration, Namespace, RegionId};
use crate::operator::Scope;
use crate::poll::PollMetrics;
use crate::sae::Client;
use crate::telemetry::http::{self, Pages};
use crate::telemetry::listen;
use crate::telemetry::logs::{self, LogFormat};
use crate::telemetry::{Exposition, Liveness, Metrics, Readiness, TargetsServer};
use crate::{cluster, domain};

/// The flags of `run`. Each has an environment twin `SAEWATCH_<FLAG>`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Region of watches that name none; without it they are Stalled with RegionMissing
    #[arg(long, env = "SAEWATCH_REGION", value_name = "REGION")]
    region: Option<RegionId>,

    #[command(flatten)]
    endpoints: Endpoints,

    /// The most calls to SAE in any 60 seconds, all operations and attempts counted
    #[arg(long, env = "SAEWATCH_CALLS_PER_MINUTE", value_name = "N", allow_negative_numbers = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=6000))]
    calls_per_minute: u32,

    /// How often an unchanged status is written all the same, from 30s to 1h
    #[arg(long, env = "SAEWATCH_HEARTBEAT", value_name = "DURATION", default_value = "5m", value_parser = values::parse_heartbeat)]
    heartbeat: GoDuration,

    /// List, watch and write in these namespaces only; repeat, or separate by commas
    #[arg(long, env = "SAEWATCH_WATCH_NAMESPACE", value_name = "NAMESPACE", value_delimiter = ',')]
    watch_namespace: Vec<Namespace>,

    /// Work on watches, SaeAccounts and SaeAppWatchSets with these labels only
    #[arg(long, env = "SAEWATCH_WATCH_LABEL_SELECTOR", value_name = "SELECTOR", value_parser = values::parse_selector)]
    watch_label_selector: Option<Selector>,

    #[command(flatten)]
    kinds: Kinds,

    /// Address of /metrics, /healthz and /readyz; [::] is IPv4 and IPv6, or IPv4 alone on a node without IPv6
    #[arg(long, env = "SAEWATCH_HTTP_ADDR", value_name = "ADDRESS", default_value = "[::]:8080")]
    http_addr: SocketAddr,

    /// Address of /sd, the instances as targets for Prometheus; without it there is none. A client that reaches it reads every watch
    #[arg(long, env = "SAEWATCH_HTTP_SD_ADDR", value_name = "ADDRESS")]
    http_sd_addr: Option<SocketAddr>,

    /// Whether /metrics holds series for each watch: some twenty a watch
    #[arg(long, env = "SAEWATCH_WATCH_METRICS", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set)]
    watch_metrics: bool,

    /// Whether to ask SAE why when the health of a watch becomes bad, for status.diagnosis: up to a tenth of the calls
    #[arg(long, env = "SAEWATCH_DIAGNOSE", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    diagnose: bool,

    #[command(flatten)]
    election: election::Args,

    /// How log lines look [default: text on a terminal, else json]
    #[arg(long, env = "SAEWATCH_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,

    /// error, warn, info, debug or trace, also for single modules: info,saewatch::poll=debug
    #[arg(long, env = "SAEWATCH_LOG_LEVEL", value_name = "LEVEL", default_value = "info", value_parser = logs::parse_level)]
    log_level: String,
}

impl Args {
    /// Refuses values that contradict each other.
    pub(super) fn check(&self) -> Result<(), String> {
        self.kinds.check()?;
        self.election.check()
    }
}

/// Runs the operator until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start at all.
pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let format = args.log_format.unwrap_or_else(LogFormat::fitting_stderr);
    tracing::subscriber::set_global_default(logs::subscriber(format, &args.log_level, std::io::stderr))?;
    // The work is waiting; for each thread more the C library would keep memory of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    // Spawned, since each wake of the future that is blocked on costs the loop an extra turn.
    let outcome = runtime.block_on(runtime.spawn(operate(args)));
    // What has not finished within the grace is let go: a call to SAE changes nothing, and a write is repeated.
    runtime.shutdown_background();
    outcome.context("the operator panicked")?
}

async fn operate(args: Args) -> anyhow::Result<()> {
    let stop = runtime::stop_on_signal()?;
    let listener = listen::listen(args.http_addr)
        .with_context(|| format!("cannot listen on --http-addr {}: choose a free address", args.http_addr))?;
    let sd_listener = args.http_sd_addr.map(listen::listen).transpose();
    let sd_listener = sd_listener.context("cannot listen on --http-sd-addr: choose a free address")?;
    let client = cluster::connect(None).await?;
    let sae = Client::new(args.endpoints.settings())?;
    let (metrics, liveness, readiness) = (Metrics::default(), Liveness::default(), Readiness::default());
    let poll_metrics = PollMetrics::new(sae.credentials().clone());
    let pages = Pages {
        exposition: Exposition::new(&metrics, vec![Box::new(poll_metrics.clone())], args.watch_metrics),
        liveness: liveness.clone(),
        readiness: readiness.clone(),
        metrics: metrics.clone(),
    };
    let server = tokio::spawn(http::serve(listener, pages, stop.clone()));
    let serves_targets = sd_listener.is_some();
    if let Some(listener) = sd_listener {
        let server = TargetsServer::new(metrics.targets.clone(), readiness.clone());
        tokio::spawn(server.serve(listener, stop.clone()));
    }
    let namespaces: Vec<String> = args.watch_namespace.iter().map(ToString::to_string).collect();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        endpoint = args.endpoints.endpoint.as_str(),
        region = args.region.as_ref().map(RegionId::as_str),
        calls_per_minute = args.calls_per_minute,
        heartbeat = %args.heartbeat,
        ?namespaces,
        accounts = args.kinds.accounts,
        require_account = args.kinds.require_account,
        watch_sets = args.kinds.watch_sets,
        "saewatch starts"
    );

    let work = Work {
        election: args.election.lease_params(client.default_namespace(), &replica_name()),
        client,
        sae,
        calls_per_minute: args.calls_per_minute,
        settings: domain::Settings { heartbeat: args.heartbeat.signed(), default_region: args.region },
        scope: Scope { namespaces, label_selector: args.watch_label_selector },
        kinds: args.kinds,
        serves_targets,
        diagnoses: args.diagnose,
        replica: replica_name(),
        metrics,
        poll_metrics,
        liveness,
        readiness,
    };
    work.until(&stop).await;
    tracing::info!("saewatch stops");
    // It listened on the same token; a connection that lingers is no reason to stay.
    server.abort();
    Ok(())
}

/// The name under which events are reported: the pod's, which Kubernetes makes the host name.
fn replica_name() -> String {
    let named = ["POD_NAME", "HOSTNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "saewatch".into())
}
