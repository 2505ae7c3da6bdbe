//! Two replicas: one works, the other waits, and a handover overspends nothing.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Operator, World};
use sae_simulator::{Application, most_in_any};

/// A replica that signs with a key of its own, so that the log of calls says who asked.
fn replica(world: &World, key: &str) -> Operator {
    world.sae.add_key(key, "secret");
    let mut command = world.command();
    command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", key).env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret");
    lead(&mut command, world);
    Operator::start(command)
}

fn lead(command: &mut Command, world: &World) {
    command.args(["--leader-elect", "--lease-namespace", &world.namespace]);
    command.args(["--lease-duration", "6s", "--lease-renew-deadline", "4s", "--lease-retry-period", "1s"]);
    command.env("SAEWATCH_CALLS_PER_MINUTE", "60");
}

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world
}

fn askers(world: &World) -> BTreeSet<String> {
    world.sae.calls().iter().filter_map(|call| call.key_id.clone()).collect()
}

/// The budget is one of pace, so it shows in less than a minute: at 60 calls a minute, ten in ten seconds, and one more
/// that was on its way.
fn keeps_to_the_budget(world: &World) {
    let calls = world.sae.calls();
    assert!(calls.len() > 10, "only {} calls: nothing is proven", calls.len());
    assert!(most_in_any(Duration::from_secs(10), &calls) <= 11, "{calls:#?}");
    assert!(most_in_any(Duration::from_secs(60), &calls) <= 60);
    let mut turns: Vec<_> = calls.iter().filter_map(|call| call.key_id.as_deref()).collect();
    turns.dedup();
    assert_eq!(turns, ["first", "second"], "neither asked in the turn of the other");
}

/// Asks for polls without end, so that the budget is all that holds the replicas back.
async fn crave(world: &World, time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        world.request_poll("shop").await;
    }
}

async fn until_asked_by(world: &World, key: &str, patience: Duration) -> Duration {
    let start = Instant::now();
    while !askers(world).contains(key) {
        assert!(start.elapsed() < patience, "{key} never asked; {:?} did", askers(world));
        world.request_poll("shop").await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn of_two_replicas_one_asks_and_a_released_lease_is_taken_within_two_retries() {
    let world = shop().await;
    let first = replica(&world, "first");
    first.until_logged("leading").await;
    let second = replica(&world, "second");
    second.until_logged("standing by").await;
    world.until_health("shop", "Healthy").await;
    crave(&world, Duration::from_secs(8)).await;
    assert_eq!(askers(&world), BTreeSet::from(["first".to_owned()]));

    let (status, _) = first.terminate();
    assert!(status.success());
    let stopped = Instant::now();
    second.until_logged("leading").await;
    assert!(stopped.elapsed() < Duration::from_millis(2_500), "it took {:?}", stopped.elapsed());
    until_asked_by(&world, "second", Duration::from_secs(20)).await;
    crave(&world, Duration::from_secs(8)).await;
    keeps_to_the_budget(&world);
}

#[tokio::test]
async fn a_killed_leader_is_replaced_when_its_lease_has_run_out() {
    let world = shop().await;
    let first = replica(&world, "first");
    first.until_logged("leading").await;
    let second = replica(&world, "second");
    second.until_logged("standing by").await;
    world.until_health("shop", "Healthy").await;
    crave(&world, Duration::from_secs(8)).await;
    // Dropped is killed: no release.
    drop(first);
    let took = until_asked_by(&world, "second", Duration::from_secs(20)).await;
    assert!(took > Duration::from_secs(3), "the lease was not respected: {took:?}");
    second.until_logged("leading").await;
    crave(&world, Duration::from_secs(8)).await;
    keeps_to_the_budget(&world);
}

#[tokio::test]
async fn a_leader_that_loses_its_lease_stops_asking_and_lives_on() {
    let world = shop().await;
    let first = replica(&world, "first");
    first.until_logged("leading").await;
    world.until_health("shop", "Healthy").await;
    let thief = r#"{"spec":{"holderIdentity":"somebody-else","leaseDurationSeconds":3600}}"#;
    world.kubectl(&["patch", "lease", "saewatch", "--type=merge", "-p", thief]).await;
    first.until_logged("another candidate holds the lease").await;
    world.sae.clear_calls();
    world.request_poll("shop").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(world.sae.calls().is_empty());
    let (status, _) = first.terminate();
    assert!(status.success(), "it was alive and ended well: {status}");
}
