//! The walk goes on with a watch by name that nobody asks for a poll: what is seen is what sweeps lead to. Its golden
//! files follow those of the other walk.

use serde_json::{Value, json};

use crate::by_the_clock::sweeps::{declare_others, until_listed};
use crate::support::{Operator, World};
use crate::walk::{BEFORE, STEPS, Walk, compare};
use sae_simulator::{Application, Operation};

/// An application of the name `shop`.
fn shop(id: &str) -> Application {
    Application::new(id).named("shop").group("g-1", 4).running(4)
}

/// Waits until the watch shows this application with this health, and no streak is open.
async fn until(walk: &Walk, id: &str, health: &str) {
    let is_so = |watch: &Value| {
        let status = &watch["status"];
        status["appId"] == id && status["health"] == health && status["memory"]["streak"].is_null()
    };
    walk.world.until("shop", &format!("{id} {health}"), is_so).await;
}

/// An operator that starts where another one ended, with this list denied and no other.
fn restart_without(walk: &Walk, operator: Operator, denied: Option<Operation>) -> Operator {
    let (status, _) = operator.terminate();
    assert!(status.success(), "{status}");
    for list in [Operation::ListApplications, Operation::GetAvailabilityMetric] {
        walk.world.sae.allow(list);
    }
    if let Some(list) = denied {
        walk.world.sae.deny(list, "Forbidden.RAM");
    }
    walk.world.operator()
}

#[tokio::test]
async fn what_sweeps_show_of_an_application_looks_as_the_golden_files_say() {
    let world = World::new().await;
    declare_others(&world).await;
    world.sae.put_application(shop("first"));
    world.declare("shop", &json!({"appName": "shop", "interval": "6h"})).await;
    let mut walk = Walk::of(world, BEFORE.len() + STEPS.len());
    let operator = walk.world.operator();
    until(&walk, "first", "Healthy").await;
    compare(walk.see("Declared by name").await);

    until_listed(&walk.world, Operation::GetAvailabilityMetric).await;
    walk.world.sae.update("first", |app| app.instance(0).fail_readiness());
    until(&walk, "first", "Degraded").await;
    compare(walk.see("Probe fails and no count moves").await);

    walk.world.sae.update("first", |app| app.instance(0).recover());
    until(&walk, "first", "Healthy").await;
    compare(walk.see("Probe recovers").await);

    let operator = restart_without(&walk, operator, Some(Operation::GetAvailabilityMetric));
    until_listed(&walk.world, Operation::ListApplications).await;
    walk.world.sae.update("first", |app| app.instance(0).crash());
    until(&walk, "first", "Degraded").await;
    compare(walk.see("Instance lost without the list of abnormal instances").await);

    let operator = restart_without(&walk, operator, Some(Operation::ListApplications));
    until_listed(&walk.world, Operation::GetAvailabilityMetric).await;
    walk.world.sae.update("first", |app| app.instance(0).recover());
    until(&walk, "first", "Healthy").await;
    compare(walk.see("Instance back without the list of applications").await);

    let _operator = restart_without(&walk, operator, None);
    until_listed(&walk.world, Operation::ListApplications).await;
    walk.world.sae.remove_application("first");
    walk.world.sae.put_application(shop("second"));
    until(&walk, "second", "Healthy").await;
    compare(walk.see("Made again under its name").await);
}
