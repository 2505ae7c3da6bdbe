//! SAE's own quota, and an operator that is killed again and again in mid-flight: not one call is one too many.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::World;
use sae_simulator::{Application, Fault, Operation, most_in_any};

/// SAE's quota.
const QUOTA: usize = 60;
/// What the operator may spend of it. With all of it, a call that is held up on its way by more than the one behind
/// it would be SAE's 61st in a minute.
const SPENT: usize = 58;
/// One of them has a longer interval than a minute, so that its region is swept.
const WATCHES: usize = 20;

/// Waits until SAE has seen so many calls.
async fn until_called(world: &World, times: usize) {
    let start = Instant::now();
    while world.sae.calls().len() < times {
        let calls = world.sae.calls().len();
        assert!(start.elapsed() < Duration::from_secs(120), "only {calls} of {times} calls");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn no_call_is_throttled_though_the_operator_is_killed_in_mid_flight() {
    let world = World::new().await;
    world.sae.set_calls_per_minute(Some(QUOTA));
    // So slowly that calls are under way when the kill comes.
    world.sae.inject(Fault::delay(Duration::from_millis(700)).until_cleared());
    let names: Vec<String> = (0..WATCHES).map(|number| format!("app-{number}")).collect();
    for name in &names {
        world.sae.put_application(Application::new(name).group(&format!("{name}-g"), 2).running(2));
    }
    let interval = |number| if number == 0 { "5m" } else { "15s" };
    let specs = names
        .iter()
        .enumerate()
        .map(|(number, name)| (name.clone(), json!({"appId": name, "interval": interval(number)})));
    world.declare_all(specs).await;
    let start = || {
        let mut command = world.command();
        command.env("SAEWATCH_CALLS_PER_MINUTE", SPENT.to_string());
        crate::support::Operator::start(command)
    };

    let mut operator = start();
    for calls in [5, 20, 21, 22, 40] {
        until_called(&world, calls).await;
        // Dropped is killed, with SIGKILL.
        drop(operator);
        operator = start();
    }
    until_called(&world, 90).await;
    world.kubectl(&["wait", "--for=condition=Ready", "saeappwatch", "--all", "--timeout=60s"]).await;

    let calls = world.sae.calls();
    let throttled = calls.iter().filter(|call| call.code.starts_with("Throttling")).count();
    assert_eq!(throttled, 0, "of {} calls", calls.len());
    let most = most_in_any(Duration::from_secs(60), &calls);
    assert!(calls.iter().any(|call| call.operation == Operation::ListApplications), "the region is swept");
    // One more than it sent in a minute may arrive in one.
    assert!((SPENT - 10..=SPENT + 1).contains(&most), "{most} calls in a minute");
}
