//! Why an application is unwell: SAE's answer comes after the verdict, stands apart from it, and changes nothing else.

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::gate::{Gate, Passage};
use crate::plugin::Plugin;
use crate::support::{Operator, World};
use sae_simulator::{Application, Fault, Operation};

/// The operations that say why.
pub const ASKED: [Operation; 3] =
    [Operation::ListChangeOrders, Operation::DescribeChangeOrder, Operation::ListAppEvents];
const APP: &str = "demo-shop";
const FAILURE: &str = "batch 1 failed: 1 of 4 instances did not become ready within 10 minutes";

/// A deploy fails, and one instance crashes.
pub fn fail_deploy(app: &mut Application) {
    app.deploy("registry.example.com/shop:2.1");
    app.fail_deploy(FAILURE);
    app.instance(0).crash();
}

/// The spec of a watch whose polls are those that the test asks for.
pub fn spec(app: &str) -> Value {
    json!({"appId": app, "interval": "6h", "failureThreshold": 1, "timeout": "5s"})
}

/// An operator that asks why.
pub fn curious(world: &World) -> Operator {
    let mut command = world.command();
    command.arg("--diagnose");
    Operator::start(command)
}

/// Waits until the application is observed and its namespace is known, without which SAE names no events.
pub async fn until_known(world: &World, name: &str) {
    let is_so = |watch: &Value| {
        watch["status"]["health"] == "Healthy" && watch["status"]["namespaceId"] == "cn-hangzhou"
    };
    world.until(name, "its health and its namespace", is_so).await;
}

/// Waits until the watch has a diagnosis, and returns it.
pub async fn until_diagnosed(world: &World, name: &str) -> Value {
    let watch =
        world.until(name, "a diagnosis", |watch| watch["status"]["diagnosis"]["at"].is_string()).await;
    watch["status"]["diagnosis"].clone()
}

/// The notes of the events that a diagnosis is there.
pub async fn emitted(world: &World) -> Vec<String> {
    let events = world.events().await.into_iter();
    events.filter(|(_, reason, _)| reason == "DiagnosisReady").map(|(_, _, note)| note).collect()
}

/// A status without its diagnosis, and without its times.
pub fn rest(watch: &Value) -> Value {
    let mut status = watch["status"].clone();
    status.as_object_mut().unwrap().remove("diagnosis");
    without_times(&status)
}

/// The same with `<time>` for each time, and for each version, which is the time of its deploy.
pub fn without_times(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let is_version = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
            let is_time = text.parse::<Timestamp>().is_ok() || DateTime::strptime("%F %T", text).is_ok();
            if is_time || is_version { "<time>".into() } else { value.clone() }
        }
        Value::Array(values) => values.iter().map(without_times).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), without_times(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A shop with one watch.
async fn shop(watches: &[&str]) -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new(APP).named("shop").group("g-1", 4).running(4));
    for name in watches {
        world.declare(name, &spec(APP)).await;
    }
    world
}

/// What `kubectl saewatch why` says of a watch.
pub fn why(plugin: &Plugin, world: &World, name: &str) -> String {
    let mut command = Command::new(plugin.path());
    command.env_clear().env("KUBECONFIG", world.kubeconfig());
    let output = command.args(["why", name, "-n", &world.namespace]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The writes of the status of a watch, by their managers.
fn managers(gate: &Gate, watch: &str) -> Vec<String> {
    let path = format!("/saeappwatches/{watch}/status?");
    let writes = gate.writes().into_iter().filter(|write| write.contains(&path));
    writes.map(|write| write.split_once("fieldManager=").unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn a_failed_deploy_is_explained_after_the_verdict_and_nothing_else_is_different() {
    let gate = Gate::open(|_, _| Passage::Pass).await;
    let world = shop(&["plain", "explained"]).await;
    let mut operators = Vec::new();
    for (name, flags) in [("plain", &[][..]), ("explained", &["--diagnose"])] {
        world.kubectl(&["label", "saeappwatch", name, &format!("of={name}")]).await;
        let mut command = world.command();
        command.env("KUBECONFIG", gate.kubeconfig()).args(flags);
        command.args(["--watch-label-selector", &format!("of={name}")]);
        operators.push(Operator::start(command));
    }
    for name in ["plain", "explained"] {
        until_known(&world, name).await;
    }
    let before = ["plain", "explained"].map(|name| managers(&gate, name).len());

    let slow = Fault::delay(Duration::from_secs(3)).on(Operation::ListChangeOrders);
    world.sae.inject(slow);
    world.sae.update(APP, fail_deploy);
    for name in ["plain", "explained"] {
        world.request(name, "after-the-deploy").await;
        world.until_health(name, "Degraded").await;
    }
    world.until_event("Warning", "HealthDegraded").await;
    let diagnosis = until_diagnosed(&world, "explained").await;

    let [mut plain, mut explained] = ["plain", "explained"].map(|name| managers(&gate, name));
    plain.drain(..before[0]);
    explained.drain(..before[1]);
    assert_eq!(explained, [&plain[..], &["saewatch-diagnosis".to_owned()]].concat());
    let status = &world.watch("explained").await["status"];
    assert_eq!(diagnosis["since"], status["memory"]["verdict"]["since"]);
    let crashed = world.sae.application(APP).unwrap().instances().next().unwrap().instance_id.clone();
    assert_eq!(
        without_times(&diagnosis),
        json!({
            "at": "<time>", "since": "<time>",
            "change": {
                "id": "demo-shop-order-1", "type": "CoDeploy", "status": "Failed", "createdAt": "<time>",
                "message": FAILURE,
            },
            "events": [{
                "reason": "BackOff", "object": format!("Pod/{crashed}"), "count": 1, "firstAt": "<time>",
                "lastAt": "<time>", "message": "back-off 5m0s restarting failed container",
            }],
        })
    );
    assert_eq!(rest(&world.watch("explained").await), rest(&world.watch("plain").await));

    let stored = world.kubectl(&["get", "saw", "explained", "--show-managed-fields", "-o", "json"]).await;
    let stored: Value = serde_json::from_str(&stored).unwrap();
    let owners = stored["metadata"]["managedFields"].as_array().unwrap();
    assert!(owners.iter().any(|owner| owner["manager"] == "saewatch-diagnosis"), "{owners:#?}");

    let reasons: Vec<String> = world.events().await.into_iter().map(|(_, reason, _)| reason).collect();
    assert_eq!(reasons.iter().filter(|reason| *reason == "HealthDegraded").count(), 2, "{reasons:?}");
    assert_eq!(reasons.last().unwrap(), "DiagnosisReady", "{reasons:?}");
    let [note] = &emitted(&world).await[..] else { panic!("{reasons:?}") };
    assert!(note.starts_with("app shop (cn-hangzhou): Change order CoDeploy demo-shop-order-1 "), "{note}");
    assert!(note.ends_with(&format!("failed: {FAILURE}")), "{note}");

    let plugin = Plugin::new();
    let said = why(&plugin, &world, "explained");
    assert!(said.contains(&format!("failed: {FAILURE}")), "{said}");
    assert!(said.contains(&format!("BackOff on Pod/{crashed}: back-off 5m0s")), "{said}");
    let said = why(&plugin, &world, "plain");
    assert!(!said.contains("Change order"), "{said}");
}

#[tokio::test]
async fn turned_off_again_the_diagnosis_goes_with_the_next_write_and_has_none_of_its_own() {
    let gate = Gate::open(|_, _| Passage::Pass).await;
    let world = shop(&["shop"]).await;
    let operator = curious(&world);
    until_known(&world, "shop").await;
    world.sae.update(APP, fail_deploy);
    world.request_poll("shop").await;
    let diagnosis = until_diagnosed(&world, "shop").await;
    operator.terminate();

    let mut command = world.command();
    command.env("KUBECONFIG", gate.kubeconfig());
    let operator = Operator::start(command);
    world.sae.clear_calls();
    operator.until_logged("listening").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.watch("shop").await["status"]["diagnosis"], diagnosis, "{:?}", gate.writes());
    world.request("shop", "again").await;
    let watch =
        world.until("shop", "its token", |watch| watch["status"]["lastHandledRequest"] == "again").await;
    assert!(watch["status"]["diagnosis"].is_null(), "{watch:#}");
    assert_eq!(watch["status"]["health"], "Degraded");
    assert_eq!(managers(&gate, "shop"), ["saewatch"]);
    assert!(ASKED.into_iter().all(|operation| world.sae.calls_of(operation).is_empty()));
    assert_eq!(emitted(&world).await.len(), 1);
}
