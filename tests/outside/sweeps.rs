//! Sweeps: two lists of a region say which application to poll next, and each can be denied alone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{World, condition, eventually};
use sae_simulator::{Application, Operation};

/// Applications whose own polls are hours apart, so that only a sweep leads to one.
const APPS: [&str; 3] = ["shop", "cart", "search"];

/// Sweeps of a region are at least 10 s apart.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(10);

/// The list of abnormal instances, by SAE's name.
pub fn availability() -> Operation {
    serde_json::from_value(json!("GetAvailabilityMetric")).unwrap()
}

async fn healthy_world() -> World {
    let world = World::new().await;
    for app in APPS {
        world.sae.put_application(Application::new(app).group("g-1", 4).running(4));
        world.declare(app, &json!({"appId": app, "interval": "6h"})).await;
    }
    world
}

async fn until_healthy(world: &World) {
    for app in APPS {
        world.until_health(app, "Healthy").await;
    }
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
    let world = healthy_world().await;
    let _operator = world.operator();
    until_healthy(&world).await;
    until_listed(&world, availability()).await;

    let running = |world: &World| world.sae.application("shop").unwrap().running_instances();
    let (before, swept) = (running(&world), lists(&world, availability()));
    world.sae.update("shop", |app| app.instance(0).fail_readiness());
    assert_eq!(running(&world), before, "the count moved");
    world.until("shop", "an unhealthy instance", |watch| count(watch, "unhealthy") == 1).await;
    let sweeps = lists(&world, availability()) - swept;
    assert!(sweeps <= 2, "seen after {sweeps} sweeps");
    let watch = world.until_health("shop", "Degraded").await;
    assert_eq!(watch["status"]["reason"], "InstancesUnhealthy");
}

#[tokio::test]
async fn without_the_list_of_abnormal_instances_a_lost_instance_is_still_seen_and_no_watch_stalls() {
    let world = healthy_world().await;
    world.sae.deny(availability(), "Forbidden.RAM");
    let _operator = world.operator();
    until_healthy(&world).await;
    until_listed(&world, Operation::ListApplications).await;

    world.sae.update("shop", |app| app.instance(0).crash());
    world.until_health("shop", "Degraded").await;
    assert_is_off(&world, availability(), Operation::ListApplications).await;
}

#[tokio::test]
async fn without_the_list_of_applications_a_failing_probe_is_still_seen_and_no_watch_stalls() {
    let world = healthy_world().await;
    world.sae.deny(Operation::ListApplications, "Forbidden.RAM");
    let _operator = world.operator();
    until_healthy(&world).await;
    until_listed(&world, availability()).await;

    world.sae.update("shop", |app| app.instance(0).fail_readiness());
    world.until_health("shop", "Degraded").await;
    assert_is_off(&world, Operation::ListApplications, availability()).await;
}

/// A denied list is not asked for again while the other one goes on, and every watch works.
async fn assert_is_off(world: &World, denied: Operation, other: Operation) {
    assert_eq!(lists(world, denied), 1, "{denied:?}");
    let before = lists(world, other);
    tokio::time::sleep(2 * BETWEEN_SWEEPS + BETWEEN_SWEEPS / 2).await;
    assert_eq!(lists(world, denied), 1, "{denied:?}");
    let asked = lists(world, other) - before;
    assert!((1..=3).contains(&asked), "{asked} lists {other:?} in 25 s");
    for app in APPS {
        let watch = world.watch(app).await;
        assert_eq!(condition(&watch, "Ready")["status"], "True", "{watch:#}");
        assert!(condition(&watch, "Stalled").is_null(), "{watch:#}");
    }
    let events = world.events().await;
    assert!(!events.iter().any(|(_, reason, _)| reason == "AccessDenied"), "{events:#?}");
}
