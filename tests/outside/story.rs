//! An application crashes and recovers, and the table says so.

use serde_json::json;

use crate::support::{World, condition};
use sae_simulator::{Application, DOCUMENTED_APP_ID, Fault};

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 4).running(4));
    world
}

#[tokio::test]
async fn an_application_crashes_and_recovers_and_the_watch_tells() {
    let world = shop().await;
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world.declare("documented", &json!({"appId": DOCUMENTED_APP_ID, "interval": "15s"})).await;
    let watch = world.until_health("shop", "Healthy").await;
    assert_eq!(watch["status"]["readyInstances"], "4/4");
    assert_eq!(watch["status"]["observedGeneration"], watch["metadata"]["generation"]);
    assert_eq!(condition(&watch, "AppHealthy")["reason"], "AllInstancesHealthy");
    world.until_health("documented", "Healthy").await;
    world.kubectl(&["wait", "--for=condition=Ready", "saeappwatch/shop", "--timeout=5s"]).await;

    world.sae.update("demo-shop", |app| app.instance(2).crash());
    let crashed = world.sae.application("demo-shop").unwrap().instances().nth(2).unwrap().instance_id.clone();
    world.request_poll("shop").await;
    let watch = world.until_health("shop", "Degraded").await;
    assert_eq!(watch["status"]["reason"], "InstancesFailing");
    assert_eq!(watch["status"]["instances"][0]["id"], crashed.as_str());
    assert_eq!(watch["status"]["instances"][0]["state"], "Failing");
    assert_eq!(
        condition(&watch, "Ready")["status"],
        "True",
        "the watch works though the application does not"
    );
    let note = world.until_event("Warning", "HealthDegraded").await;
    assert!(note.contains(&crashed) && note.contains("3 of 4"), "{note}");
    let described = world.kubectl(&["describe", "saeappwatch", "shop"]).await;
    assert!(described.contains("HealthDegraded") && described.contains(&crashed), "{described}");

    world.sae.update("demo-shop", |app| app.instance(2).recover());
    world.request_poll("shop").await;
    world.until_health("shop", "Healthy").await;
    world.until_event("Normal", "HealthRecovered").await;
}

#[tokio::test]
async fn kubectl_describe_lists_events_in_the_order_of_time() {
    let world = shop().await;
    let _operator = world.operator();
    let spec = json!({"appId": "demo-shop", "interval": "6h", "failureThreshold": 1});
    world.declare("shop", &spec).await;
    world.until_health("shop", "Healthy").await;
    let crash = |app: &mut Application| app.instance(2).crash();
    let recover = |app: &mut Application| app.instance(2).recover();
    for (happen, health) in [(crash as fn(&mut Application), "Degraded"), (recover, "Healthy")].repeat(2) {
        next_second().await;
        world.sae.update("demo-shop", happen);
        world.request_poll("shop").await;
        world.until_health("shop", health).await;
    }
    next_second().await;
    world.sae.inject(Fault::error(503, "ServiceUnavailable").until_cleared());
    world.request_poll("shop").await;
    world.until_ready("shop", "False", "PollFailed").await;
    world.sae.clear_faults();
    world.request_poll("shop").await;
    world.until_ready("shop", "True", "Observed").await;

    let described = world.kubectl(&["describe", "saw", "shop"]).await;
    let listed = described.split_once("Events:").unwrap().1.lines();
    let listed: Vec<&str> = listed.filter_map(|line| line.split_whitespace().nth(1)).skip(2).collect();
    let happened = world.events().await;
    let happened: Vec<&str> = happened.iter().map(|(_, reason, _)| reason.as_str()).collect();
    assert_eq!(listed, happened, "{described}");
    assert!(happened.len() > 12, "{happened:?}");
}

/// A status holds whole seconds, so what happens within one has no order. In life there are five between two answers.
async fn next_second() {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

#[tokio::test]
async fn the_operator_is_gone_within_5_seconds_of_sigterm() {
    let world = shop().await;
    let operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    world.until_health("shop", "Healthy").await;
    let (status, took) = operator.terminate();
    assert!(status.success(), "{status}");
    assert!(took.as_secs() < 5, "it took {took:?}");
}

#[tokio::test]
async fn a_suspended_and_a_deleted_watch_are_no_longer_asked_about() {
    let world = shop().await;
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world.until_health("shop", "Healthy").await;
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s", "suspend": true})).await;
    let is_observed =
        |watch: &serde_json::Value| watch["status"]["observedGeneration"] == watch["metadata"]["generation"];
    world.until("shop", "observed", is_observed).await;
    world.sae.clear_calls();
    world.request_poll("shop").await;
    world.until("shop", "acknowledged", |watch| watch["status"]["lastHandledRequest"].is_string()).await;
    assert!(world.sae.calls().is_empty(), "acknowledged without a call");
    world.kubectl(&["delete", "saeappwatch", "shop"]).await;
    tokio::time::sleep(std::time::Duration::from_secs(16)).await;
    assert!(world.sae.calls().is_empty());
}
