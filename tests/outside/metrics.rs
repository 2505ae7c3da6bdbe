//! What a scraper and a kubelet see.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use jiff::Timestamp;
use saewatch::telemetry::catalogue::{self, Kind, Metric};
use serde_json::json;

use crate::judges;
use crate::pages::{Pages, Scrape};
use crate::sets;
use crate::support::{Operator, World, unreachable_kubeconfig};
use sae_simulator::Application;

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").named("shop").group("g-1", 4).running(4));
    world.declare("shop", &json!({"appName": "shop", "interval": "15s"})).await;
    world
}

/// An operator whose keys end some day, and that has read a list for a set.
async fn with_all_metrics(world: &World) -> Operator {
    let mut command = world.command();
    command.arg("--watch-sets");
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    command.env("ALIBABA_CLOUD_CREDENTIALS_URI", world.sae.credentials_uri());
    sets::declare(world, &json!({"selector": {"names": ["none"]}})).await;
    let operator = Operator::start(command);
    sets::until_ready(world, "Listed", "").await;
    operator
}

/// The name under which a metric's samples, or one for each of them, are found.
fn sample_name(metric: &Metric) -> String {
    match metric.kind {
        Kind::Histogram => format!("{}_count", metric.name),
        Kind::Counter | Kind::Gauge | Kind::Info => metric.name.to_owned(),
    }
}

/// The name of a metric's family.
fn family(name: &str) -> &str {
    name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(name)
}

/// All but those that need a SaeAccount.
fn without_accounts() -> impl Iterator<Item = Metric> {
    catalogue::ALL.into_iter().filter(|metric| !metric.name.starts_with("saewatch_account"))
}

fn of_watch<'a>(scrape: &'a Scrape, watch: &str) -> BTreeSet<&'a str> {
    let of_watch =
        scrape.samples.iter().filter(|sample| sample.labels.get("watch").is_some_and(|name| name == watch));
    of_watch.map(|sample| sample.name.as_str()).collect()
}

#[tokio::test]
async fn the_catalogue_lists_what_is_scraped_and_nothing_else_and_series_go_with_their_watch() {
    let world = shop().await;
    let operator = with_all_metrics(&world).await;
    world.until_health("shop", "Healthy").await;
    world.sae.update("demo-shop", |app| app.instance(2).crash());
    world.request_poll("shop").await;
    world.until_health("shop", "Degraded").await;

    let pages = Pages::of(&operator).await;
    let is_degraded =
        |scrape: &Scrape| scrape.value("saewatch_watch_health", &[("health", "Degraded")]) == Some(1.0);
    let scrape = pages.until("the new health", is_degraded).await;
    for metric in without_accounts() {
        let name = sample_name(&metric);
        let sample = scrape.of(&name).next().unwrap_or_else(|| panic!("{name} is not scraped: {scrape:#?}"));
        let labels: BTreeSet<&str> = metric.labels.iter().copied().collect();
        assert_eq!(sample.label_names(), labels, "{name}");
        let family = family(metric.name);
        assert_eq!(scrape.families[family], metric.kind.as_str(), "{name}");
    }
    let listed: BTreeSet<&str> = catalogue::ALL.iter().map(|metric| family(metric.name)).collect();
    let others: Vec<&String> =
        scrape.families.keys().filter(|family| !listed.contains(family.as_str())).collect();
    assert_eq!(others, [""; 0], "no page lists them");

    let shop = [
        ("namespace", world.namespace.as_str()),
        ("watch", "shop"),
        ("account", ""),
        ("app_id", "demo-shop"),
        ("app_name", "shop"),
        ("region", "cn-hangzhou"),
    ];
    for (condition, status, is) in [
        ("Ready", "true", 1.0),
        ("Ready", "false", 0.0),
        ("Ready", "unknown", 0.0),
        ("AppHealthy", "true", 0.0),
        ("AppHealthy", "false", 1.0),
        ("AppHealthy", "unknown", 0.0),
    ] {
        let labels = [("condition", condition), ("status", status)];
        assert_eq!(scrape.value("saewatch_watch_status_condition", &labels), Some(is), "{labels:?}");
    }
    for health in ["Healthy", "Progressing", "Unhealthy", "ScaledToZero", "Unknown"] {
        assert_eq!(scrape.value("saewatch_watch_health", &[("health", health)]), Some(0.0), "{health}");
    }
    assert_eq!(scrape.value("saewatch_watch_reason_info", &[("reason", "InstancesFailing")]), Some(1.0));
    let watch = world.watch("shop").await;
    let since: Timestamp = watch["status"]["lastTransitionAt"].as_str().unwrap().parse().unwrap();
    let since = f64::from(u32::try_from(since.as_second()).unwrap());
    assert_eq!(scrape.value("saewatch_watch_health_transition_timestamp_seconds", &shop), Some(since));
    assert_eq!(scrape.value("saewatch_watch_ready_instances", &shop), Some(3.0));
    assert_eq!(scrape.value("saewatch_watch_desired_instances", &shop), Some(4.0));
    assert_eq!(scrape.value("saewatch_watch_instances", &[("state", "Failing")]), Some(1.0));
    assert_eq!(scrape.value("saewatch_watch_effective_interval_seconds", &shop), Some(15.0));
    assert_eq!(
        scrape.value("saewatch_watches", &[("health", "Degraded"), ("reason", "InstancesFailing")]),
        Some(1.0)
    );
    assert_eq!(scrape.value("saewatch_credentials_info", &[("provider", "credentials URI")]), Some(1.0));
    assert_eq!(scrape.value("saewatch_credentials_rejected", &[]), Some(0.0));
    assert_eq!(scrape.value("saewatch_leader", &[]), Some(1.0));
    assert!(
        scrape
            .value("saewatch_events_total", &[("reason", "HealthDegraded"), ("outcome", "success")])
            .is_some()
    );
    let changes = [("kind", "change"), ("outcome", "success")];
    assert!(scrape.value("saewatch_status_writes_total", &changes).unwrap() >= 2.0);

    world.kubectl(&["delete", "saeappwatch", "shop"]).await;
    pages.until("no series of the deleted watch", |scrape| of_watch(scrape, "shop").is_empty()).await;
}

#[tokio::test]
async fn whoever_does_not_ask_for_open_metrics_gets_what_promtool_reads() {
    let world = shop().await;
    let operator = with_all_metrics(&world).await;
    world.until_health("shop", "Healthy").await;
    world.sae.update("demo-shop", |app| app.instance(2).crash());
    world.request_poll("shop").await;
    world.until_event("Warning", "HealthDegraded").await;
    let (status, text) = Pages::of(&operator).await.get("/metrics");
    assert_eq!(status, 200);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-metrics.txt", world.namespace));
    std::fs::write(&file, &text).unwrap();
    let output =
        judges::promtool().args(["check", "metrics"]).stdin(File::open(&file).unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
    let typed = |metric: &Metric, kind: &str| text.contains(&format!("# TYPE {} {kind}\n", metric.name));
    for metric in without_accounts() {
        let kind = if metric.kind == Kind::Info { "gauge" } else { metric.kind.as_str() };
        assert!(typed(&metric, kind), "{} is no {kind}: {text}", metric.name);
    }
}

#[tokio::test]
async fn without_watch_metrics_watches_are_only_counted() {
    let world = shop().await;
    let mut command = world.command();
    command.arg("--watch-metrics=false");
    let operator = Operator::start(command);
    let pages = Pages::of(&operator).await;
    let is_counted =
        |scrape: &Scrape| scrape.value("saewatch_watches", &[("health", "Healthy")]) == Some(1.0);
    let scrape = pages.until("the watch", is_counted).await;
    assert!(of_watch(&scrape, "shop").is_empty());
    assert!(!scrape.families.keys().any(|name| name.starts_with("saewatch_watch_")));
}

#[tokio::test]
async fn rejected_keys_are_on_a_metric_and_no_part_of_them() {
    let world = shop().await;
    let mut command = world.command();
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong-secret-marker");
    let operator = Operator::start(command);
    let pages = Pages::of(&operator).await;
    let is_rejected = |scrape: &Scrape| scrape.value("saewatch_credentials_rejected", &[]) == Some(1.0);
    pages.until("rejected keys", is_rejected).await;
    let (_, text) = pages.get("/metrics");
    assert!(!text.contains("wrong-secret-marker") && !text.contains(sae_simulator::KEY_ID));
}

#[tokio::test]
async fn it_is_ready_once_the_first_list_is_in() {
    let world = shop().await;
    let operator = world.operator();
    operator.until_logged("listening").await;
    world.until_health("shop", "Healthy").await;
    let pages = Pages::of(&operator).await;
    assert_eq!(pages.get("/readyz"), (200, "ready\n".into()));
    assert_eq!(pages.get("/healthz"), (200, "alive\n".into()));
}

#[tokio::test]
async fn an_unreachable_cluster_makes_it_unready_and_not_unwell() {
    let world = World::new().await;
    let mut command = world.command();
    command.env("KUBECONFIG", unreachable_kubeconfig());
    let operator = Operator::start(command);
    operator.until_logged("cannot be listed or watched; trying again").await;
    let pages = Pages::of(&operator).await;
    assert_eq!(pages.get("/readyz"), (503, "waiting for the first list of watches\n".into()));
    assert_eq!(pages.get("/healthz"), (200, "alive\n".into()));
}

#[tokio::test]
async fn a_replica_that_stands_by_is_ready_and_leads_nothing() {
    let world = shop().await;
    let start = || {
        let mut command = world.command();
        command.args(["--leader-elect", "--lease-namespace", &world.namespace]);
        Operator::start(command)
    };
    let leader = start();
    leader.until_logged("leading").await;
    let standby = start();
    standby.until_logged("standing by").await;
    let pages = Pages::of(&standby).await;
    assert_eq!(pages.get("/readyz"), (200, "standing by for the replica that works\n".into()));
    assert_eq!(pages.get("/healthz").0, 200);
    let scrape = pages.scrape();
    assert_eq!(scrape.value("saewatch_leader", &[]), Some(0.0));
    assert!(of_watch(&scrape, "shop").is_empty());
    assert_eq!(Pages::of(&leader).await.scrape().value("saewatch_leader", &[]), Some(1.0));
}
