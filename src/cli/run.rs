//! `saewatch run`: the operator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::api::{GoDuration, RegionId};
use crate::operator::{self, Context, Scope};
use crate::sae::{Client, Credentials, Endpoint, Environment};
use crate::telemetry::http::{self, Readiness};
use crate::telemetry::logs::{self, LogFormat};
use crate::{domain, poll, sae};

/// How long writes under way may take after the signal to stop. Kubernetes waits 30 s by default before it kills;
/// the promise is to be gone in 5 (contract §10).
const GRACE: Duration = Duration::from_secs(3);

/// The flags of `run`. Each has an environment twin `SAEWATCH_<FLAG>`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Region of watches that name none; without it they are Stalled with InvalidSpec
    #[arg(long, env = "SAEWATCH_REGION", value_name = "REGION")]
    region: Option<RegionId>,

    /// Where SAE is asked; https://sae-vpc.{region}.aliyuncs.com stays in the VPC
    #[arg(
        long,
        env = "SAEWATCH_ENDPOINT",
        value_name = "URL",
        default_value = "https://sae.{region}.aliyuncs.com"
    )]
    endpoint: Endpoint,

    /// The most calls to SAE in any 60 seconds, all operations and attempts counted
    #[arg(long, env = "SAEWATCH_CALLS_PER_MINUTE", value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=6000))]
    calls_per_minute: u32,

    /// How often an unchanged status is written all the same, from 30s to 1h
    #[arg(long, env = "SAEWATCH_HEARTBEAT", value_name = "DURATION", default_value = "5m", value_parser = parse_heartbeat)]
    heartbeat: GoDuration,

    /// List, watch and write in these namespaces only; repeat, or separate by commas
    #[arg(long, env = "SAEWATCH_WATCH_NAMESPACE", value_name = "NAMESPACE", value_delimiter = ',')]
    watch_namespace: Vec<String>,

    /// Work on watches with these labels only
    #[arg(long, env = "SAEWATCH_WATCH_LABEL_SELECTOR", value_name = "SELECTOR", value_parser = parse_selector)]
    watch_label_selector: Option<String>,

    /// Address of /healthz and /readyz
    #[arg(long, env = "SAEWATCH_HTTP_ADDR", value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    http_addr: SocketAddr,

    /// How log lines look [default: text on a terminal, else json]
    #[arg(long, env = "SAEWATCH_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,

    /// error, warn, info, debug or trace, also for single modules: info,saewatch::poll=debug
    #[arg(long, env = "SAEWATCH_LOG_LEVEL", value_name = "LEVEL", default_value = "info", value_parser = logs::parse_level)]
    log_level: String,
}

/// Runs the operator until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start at all.
pub fn run(args: Args) -> anyhow::Result<()> {
    let format = args.log_format.unwrap_or_else(LogFormat::fitting_stderr);
    tracing::subscriber::set_global_default(logs::subscriber(format, &args.log_level, std::io::stderr))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // The work is waiting; two threads keep the memory of a third and more from growing with the node.
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let outcome = runtime.block_on(operate(args));
    // What has not finished within the grace is let go: a call to SAE changes nothing, and a write is repeated.
    runtime.shutdown_background();
    outcome
}

async fn operate(args: Args) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let readiness = Readiness::default();
    let listener = http::listen(args.http_addr)
        .await
        .with_context(|| format!("cannot listen on --http-addr {}: choose a free address", args.http_addr))?;
    let server = tokio::spawn(http::serve(listener, readiness.clone(), stop.clone()));
    let client = operator::cluster::connect().await?;
    let environment = Environment::process();
    let sae = Client::new(
        sae::Settings {
            endpoint: args.endpoint.clone(),
            environment: environment.clone(),
            ..sae::Settings::new()
        },
        Credentials::chain(environment),
    )?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        endpoint = args.endpoint.as_str(),
        region = args.region.as_ref().map(RegionId::as_str),
        calls_per_minute = args.calls_per_minute,
        heartbeat = %args.heartbeat,
        namespaces = ?args.watch_namespace,
        "saewatch starts"
    );

    let (polls, news) = poll::start(
        Arc::new(sae),
        poll::Settings { calls_per_minute: args.calls_per_minute, clock: poll::Clock::system() },
        stop.clone(),
    );
    let context = Arc::new(Context::new(
        client,
        polls,
        domain::Settings { heartbeat: args.heartbeat.signed(), default_region: args.region },
        replica_name(),
        Timestamp::now,
    ));
    let scope = Scope { namespaces: args.watch_namespace, label_selector: args.watch_label_selector };
    let working = operator::run(context, &scope, news, readiness, stop.clone());
    let out_of_time = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = working => tracing::info!("saewatch stops"),
        () = out_of_time => tracing::warn!(grace = ?GRACE, "saewatch stops while writes are under way"),
    }
    // It listened on the same token; a connection that lingers is no reason to stay.
    server.abort();
    Ok(())
}

/// A token that SIGTERM and SIGINT cancel.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    Ok(stop)
}

/// The name under which events are reported: the pod's, which Kubernetes makes the host name.
fn replica_name() -> String {
    let named = ["POD_NAME", "HOSTNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "saewatch".into())
}

fn parse_heartbeat(text: &str) -> Result<GoDuration, String> {
    let heartbeat: GoDuration =
        text.parse().map_err(|error: crate::api::InvalidDuration| error.to_string())?;
    if (Duration::from_secs(30)..=Duration::from_secs(3600)).contains(&heartbeat.value()) {
        Ok(heartbeat)
    } else {
        Err("expected a duration from 30s to 1h".into())
    }
}

fn parse_selector(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
    };
    let is_requirement = |requirement: &str| {
        let requirement = requirement.trim();
        let set = [" notin ", " in "].iter().find_map(|word| requirement.split_once(word));
        if let Some((key, values)) = set {
            let values = values.trim().strip_prefix('(').and_then(|values| values.strip_suffix(')'));
            return is_name(key.trim())
                && values.is_some_and(|values| values.split(',').all(|v| is_name(v.trim())));
        }
        let (key, value) = ["!=", "==", "="]
            .iter()
            .find_map(|sign| requirement.split_once(sign))
            .unwrap_or((requirement.strip_prefix('!').unwrap_or(requirement), ""));
        is_name(key.trim()) && (value.trim().is_empty() || is_name(value.trim()))
    };
    if split_outside_parentheses(text).all(is_requirement) {
        Ok(text.to_owned())
    } else {
        Err("expected one such as team=shop,tier!=dev or env in (a,b)".into())
    }
}

/// The requirements of a selector: commas inside parentheses separate values.
fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    })
}
