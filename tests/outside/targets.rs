//! `/sd`, and a Prometheus that finds the instances there.

mod account;
mod exporter;
mod prometheus;
mod service;

use std::collections::BTreeSet;
use std::time::Duration;

use sae_simulator::Application;
use serde_json::{Value, json};

use crate::support::{Operator, World, eventually};
use exporter::Exporter;
use prometheus::Prometheus;
use service::{Service, get};

/// The address of `/sd` of one operator, which listens there second.
async fn sd_of(operator: &Operator) -> String {
    let address = async || {
        let log = operator.log();
        let rest = log.split("listening address=").nth(2)?;
        Some(rest.split_whitespace().next()?.to_owned())
    };
    eventually("a second address", address).await
}

/// A replica that lists targets, and its address.
async fn replica(world: &World) -> (Operator, String) {
    let mut command = world.command();
    command.args(["--http-sd-addr", "127.0.0.1:0", "--leader-elect", "--lease-namespace", &world.namespace]);
    command.args(["--lease-duration", "6s", "--lease-renew-deadline", "4s", "--lease-retry-period", "1s"]);
    let operator = Operator::start(command);
    let address = sd_of(&operator).await;
    (operator, address)
}

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").named("shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world
}

/// Waits until the application is well and its name is known.
async fn until_named(world: &World) {
    let is_named = |watch: &Value| watch["status"]["app"] == "shop" && watch["status"]["health"] == "Healthy";
    world.until("shop", "its name", is_named).await;
}

fn targets(of: &Value) -> BTreeSet<&str> {
    of.as_array().unwrap().iter().map(|group| group["targets"][0].as_str().unwrap()).collect()
}

async fn until_targets(address: &str, path: &str, expected: &[&str]) -> Value {
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    eventually(&format!("{expected:?} at {path}"), async || {
        let (status, text) = get(address, path)?;
        let list: Value = if status == 200 { serde_json::from_str(&text).unwrap() } else { return None };
        (targets(&list) == expected).then_some(list)
    })
    .await
}

#[tokio::test]
async fn the_instances_of_a_watch_are_targets_until_it_is_deleted() {
    let world = shop().await;
    let mut command = world.command();
    command.args(["--http-sd-addr", "127.0.0.1:0"]);
    let operator = Operator::start(command);
    let address = sd_of(&operator).await;
    until_named(&world).await;
    let list = until_targets(&address, "/sd?port=9090", &["10.0.0.1:9090", "10.0.0.2:9090"]).await;
    let labels = &list[0]["labels"];
    for (label, value) in [
        ("namespace", world.namespace.as_str()),
        ("watch", "shop"),
        ("region", "cn-hangzhou"),
        ("app", "shop"),
        ("app_id", "demo-shop"),
        ("group", "g-1"),
        ("state", "Ready"),
        ("health", "Healthy"),
    ] {
        assert_eq!(labels[format!("__meta_saewatch_{label}")], value, "{list:#}");
    }
    assert_eq!(get(&address, "/sd").unwrap(), (200, "[]\n".to_owned()), "it names no port");

    world.kubectl(&["annotate", "saeappwatch", "shop", "saewatch.dev/scrape-port=8081"]).await;
    world.kubectl(&["label", "saeappwatch", "shop", "example.com/team=pay"]).await;
    let path = "/sd?selector=example.com/team%3Dpay";
    let list = until_targets(&address, path, &["10.0.0.1:8081", "10.0.0.2:8081"]).await;
    assert_eq!(list[0]["labels"]["__meta_saewatch_label_example_com_team"], "pay");
    world.kubectl(&["annotate", "--overwrite", "saeappwatch", "shop", "saewatch.dev/scrape-port=http"]).await;
    until_targets(&address, "/sd?port=9090", &[]).await;
    world.kubectl(&["annotate", "saeappwatch", "shop", "saewatch.dev/scrape-port-"]).await;
    until_targets(&address, "/sd?port=9090", &["10.0.0.1:9090", "10.0.0.2:9090"]).await;

    world.kubectl(&["delete", "saeappwatch", "shop"]).await;
    until_targets(&address, "/sd?port=9090", &[]).await;
}

#[tokio::test]
async fn an_application_that_is_gone_has_no_targets() {
    let world = shop().await;
    let mut command = world.command();
    command.args(["--http-sd-addr", "127.0.0.1:0"]);
    let operator = Operator::start(command);
    let address = sd_of(&operator).await;
    until_targets(&address, "/sd?port=80", &["10.0.0.1:80", "10.0.0.2:80"]).await;
    world.sae.remove_application("demo-shop");
    world.request_poll("shop").await;
    world.until_ready("shop", "False", "AppNotFound").await;
    until_targets(&address, "/sd?port=80", &[]).await;
    assert!(world.watch("shop").await["status"]["instances"].is_array(), "the status still lists them");
}

#[tokio::test]
async fn prometheus_follows_a_rollout_and_loses_no_target_in_a_failover_or_a_restart() {
    let world = shop().await;
    let exporter = Exporter::start();
    let port = exporter.port();
    let (first, address) = replica(&world).await;
    first.until_logged("leading").await;
    until_named(&world).await;
    let (second, standby) = replica(&world).await;
    let service = Service::start([address, standby.clone()]);
    let path = format!("/sd?port={port}&namespace={}", world.namespace);
    let prometheus = Prometheus::start(service.port(), &path).await;
    prometheus.until_up(["127.0.0.1", "127.0.0.2"]).await;
    let series = prometheus.series().await;
    for (label, value) in [("job", "sae"), ("namespace", &world.namespace), ("app", "shop"), ("team", "")] {
        assert_eq!(series[label].as_str().unwrap_or_default(), value, "{series:#}");
    }

    world.sae.update("demo-shop", |app| {
        app.deploy("registry.example.com/shop:2.0");
        app.finish_deploy();
    });
    world.request_poll("shop").await;
    prometheus.until_up(["127.0.0.3", "127.0.0.4"]).await;

    // A failover: the Service still sends half of the requests to the replica that has gone.
    let (status, _) = first.terminate();
    assert!(status.success());
    second.until_logged("leading").await;
    until_targets(&standby, &path, &[&format!("10.0.0.3:{port}"), &format!("10.0.0.4:{port}")]).await;
    // A restart: for some seconds there is no answer.
    let (status, _) = second.terminate();
    assert!(status.success());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (_third, address) = replica(&world).await;
    service.send_to([address.clone()]);
    until_targets(&address, &path, &[&format!("10.0.0.3:{port}"), &format!("10.0.0.4:{port}")]).await;
    // As long as Prometheus takes to drop targets that a list lacks.
    tokio::time::sleep(Duration::from_secs(7)).await;
    prometheus.until_up(["127.0.0.3", "127.0.0.4"]).await;
    assert_eq!(prometheus.gaps(["127.0.0.3", "127.0.0.4"]), [0, 0], "each was scraped all the time");
}
