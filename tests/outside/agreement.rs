//! `saewatch check -o json` and the operator: what both say of one application is the same.

use serde_json::{Value, json};

use crate::support::World;
use sae_simulator::Application;

/// What moves with the clock.
const TIMES: [&str; 7] =
    ["at", "since", "desiredSince", "lastTransitionAt", "lastTransitionTime", "observedAt", "staleAfter"];
/// What only an operator has, which looks more than once.
const MEMORIES: [&str; 2] = ["lastHandledRequest", "recentTransitions"];

#[tokio::test]
async fn check_says_what_the_operator_writes() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").named("shop").group("g-1", 3).running(3));
    let _operator = world.operator();
    world.declare("shop", &json!({"appName": "shop", "interval": "24h"})).await;
    let healthy = world.until_health("shop", "Healthy").await;
    assert_eq!(check(&world), timeless(healthy["status"].clone()));

    world.sae.update("demo-shop", |app| app.instance(1).crash());
    world.request_poll("shop").await;
    let crashing = world.until_health("shop", "Degraded").await;
    assert_eq!(check(&world), timeless(crashing["status"].clone()));
}

/// The status that `saewatch check` prints.
fn check(world: &World) -> Value {
    let mut command = World::bare_command();
    command.args(["check", "--app-name", "shop", "--region", "cn-hangzhou", "-o", "json"]);
    let output = command.args(["--endpoint", &world.sae.endpoint()]).output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    timeless(printed["status"].clone())
}

fn timeless(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields
                .into_iter()
                .filter(|(name, _)| !TIMES.contains(&name.as_str()) && !MEMORIES.contains(&name.as_str()));
            kept.map(|(name, value)| (name, timeless(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(timeless).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
