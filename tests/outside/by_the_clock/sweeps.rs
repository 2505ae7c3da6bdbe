//! Sweeps: two lists of a region say which application to poll next, and each can be denied alone.

use serde_json::{Value, json};

use crate::support::{World, condition, eventually};
use sae_simulator::{Application, Operation};

/// So many applications beside the one that changes. Sweeps of fewer come less often: a region is not listed oftener than
/// that is worth the calls.
const OTHERS: usize = 15;

/// Declares watches of other applications. Their own polls are hours apart, so only a sweep leads to another one.
pub async fn declare_others(world: &World) {
    let names: Vec<String> = (0..OTHERS).map(|number| format!("other-{number}")).collect();
    for name in &names {
        world.sae.put_application(Application::new(name).group("g-1", 2).running(2));
    }
    let spec = |name: &String| (name.clone(), json!({"appId": name, "interval": "6h"}));
    world.declare_all(names.iter().map(spec)).await;
}

/// A region of many applications, among them `shop`.
async fn region() -> World {
    let world = World::new().await;
    declare_others(&world).await;
    world.sae.put_application(Application::new("shop").group("g-1", 4).running(4));
    world.declare("shop", &json!({"appId": "shop", "interval": "6h"})).await;
    world
}

/// How often SAE was asked for a list.
fn lists(world: &World, list: Operation) -> usize {
    world.sae.calls_of(list).len()
}

/// Waits for another list: what changes after it differs from what it showed.
pub async fn until_listed(world: &World, list: Operation) {
    let before = lists(world, list);
    eventually(&format!("another {list:?}"), async || (lists(world, list) > before).then_some(())).await;
}

fn count(watch: &Value, of: &str) -> Value {
    watch["status"]["counts"][of].clone()
}

#[tokio::test]
async fn a_failing_probe_that_moves_no_count_is_in_the_status_within_two_sweeps() {
    let world = region().await;
    let _operator = world.operator();
    world.until_health("shop", "Healthy").await;
    until_listed(&world, Operation::GetAvailabilityMetric).await;

    let running = |world: &World| world.sae.application("shop").unwrap().running_instances();
    let (before, swept) = (running(&world), lists(&world, Operation::GetAvailabilityMetric));
    world.sae.update("shop", |app| app.instance(0).fail_readiness());
    assert_eq!(running(&world), before, "the count moved");
    world.until("shop", "an unhealthy instance", |watch| count(watch, "unhealthy") == 1).await;
    let sweeps = lists(&world, Operation::GetAvailabilityMetric) - swept;
    assert!(sweeps <= 2, "seen after {sweeps} sweeps");
    let watch = world.until_health("shop", "Degraded").await;
    assert_eq!(watch["status"]["reason"], "InstancesUnhealthy");
}

#[tokio::test]
async fn without_the_list_of_abnormal_instances_a_lost_instance_is_still_seen_and_no_watch_stalls() {
    let world = region().await;
    world.sae.deny(Operation::GetAvailabilityMetric, "Forbidden.RAM");
    let _operator = world.operator();
    world.until_health("shop", "Healthy").await;
    until_listed(&world, Operation::ListApplications).await;

    world.sae.update("shop", |app| app.instance(0).crash());
    world.until_health("shop", "Degraded").await;
    assert_is_off(&world, Operation::GetAvailabilityMetric, Operation::ListApplications).await;
}

#[tokio::test]
async fn without_the_list_of_applications_a_failing_probe_is_still_seen_and_no_watch_stalls() {
    let world = region().await;
    world.sae.deny(Operation::ListApplications, "Forbidden.RAM");
    let _operator = world.operator();
    world.until_health("shop", "Healthy").await;
    until_listed(&world, Operation::GetAvailabilityMetric).await;

    world.sae.update("shop", |app| app.instance(0).fail_readiness());
    world.until_health("shop", "Degraded").await;
    assert_is_off(&world, Operation::ListApplications, Operation::GetAvailabilityMetric).await;
}

/// A denied list is not asked for again while the other one goes on, and every watch works.
async fn assert_is_off(world: &World, denied: Operation, other: Operation) {
    for _ in 0..2 {
        until_listed(world, other).await;
    }
    assert_eq!(lists(world, denied), 1, "{denied:?}");
    let watches = world.kubectl(&["get", "saw", "-o", "json"]).await;
    let watches: Value = serde_json::from_str(&watches).unwrap();
    let watches = watches["items"].as_array().unwrap();
    assert_eq!(watches.len(), OTHERS + 1);
    for watch in watches {
        assert_eq!(condition(watch, "Ready")["status"], "True", "{watch:#}");
        assert!(condition(watch, "Stalled").is_null(), "{watch:#}");
    }
    let events = world.events().await;
    assert!(!events.iter().any(|(_, reason, _)| reason == "AccessDenied"), "{events:#?}");
}
