//! Bad input and bad days: what is said, and what is kept.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Operator, World, condition, unreachable_kubeconfig};
use sae_simulator::{Application, Fault};

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_saewatch")).env_clear().args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_bad_flag_exits_with_2_and_names_flag_value_and_remedy() {
    for (flag, value, remedy) in [
        ("--calls-per-minute", "0", "1..=6000"),
        ("--heartbeat", "5s", "from 30s to 1h"),
        ("--heartbeat", "soon", "such as 90s"),
        ("--region", "Hangzhou", "cn-hangzhou"),
        ("--endpoint", "http://sae.example.com", "expected one such as https://"),
        ("--http-addr", "here", "invalid socket address"),
        ("--watch-label-selector", "a in", "team=shop"),
        ("--watch-label-selector", "team=a/b", "team=shop"),
        ("--watch-namespace", " team-b", "1 to 63 of a-z 0-9 -"),
        ("--watch-namespace", "", "1 to 63 of a-z 0-9 -"),
        ("--lease-namespace", "a.b", "1 to 63 of a-z 0-9 -"),
        ("--lease-name", "Saewatch", "RFC 1123 subdomain"),
        ("--log-format", "xml", "text, json"),
    ] {
        let (code, said) = run(&["run", flag, value]);
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains(flag) && said.contains(value) && said.contains(remedy),
            "{flag} {value}: {said}"
        );
    }
    let (code, said) = run(&["run", "--require-account", "--accounts=false"]);
    assert!(code == Some(2) && said.contains("--require-account needs --accounts"), "{said}");
}

#[test]
fn without_any_cluster_configured_it_says_how_to_name_one() {
    let (code, said) = run(&["run", "--http-addr", "127.0.0.1:0"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("set KUBECONFIG"), "{said}");
}

#[tokio::test]
async fn an_unreachable_cluster_is_tried_again_and_said_so() {
    let world = World::new().await;
    let mut command = world.command();
    command.env("KUBECONFIG", unreachable_kubeconfig());
    let operator = Operator::start(command);
    operator.until_logged("cannot be listed or watched; trying again").await;
    let (status, _) = operator.terminate();
    assert!(status.success());
}

#[tokio::test]
async fn a_wrong_key_stalls_the_watch_and_says_what_to_do() {
    let world = shop().await;
    let mut command = world.command();
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong-secret-marker");
    let operator = Operator::start(command);
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    let watch = world.until_ready("shop", "False", "AuthenticationFailed").await;
    assert_eq!(condition(&watch, "Stalled")["status"], "True");
    let message = condition(&watch, "Ready")["message"].as_str().unwrap();
    assert!(
        message.contains("SignatureDoesNotMatch") && message.contains("check the AccessKey"),
        "{message}"
    );
    world.until_event("Warning", "AuthenticationFailed").await;
    let told = format!("{}{watch}{:?}", operator.log(), world.events().await);
    assert!(!told.contains("wrong-secret-marker"), "a secret was told: {told}");
}

#[tokio::test]
async fn a_wrong_application_is_not_found() {
    let world = shop().await;
    let _operator = world.operator();
    world.declare("nobody", &json!({"appId": "no-such-app"})).await;
    let watch = world.until_ready("nobody", "False", "AppNotFound").await;
    assert_eq!(condition(&watch, "Stalled")["reason"], "AppNotFound");
    assert_eq!(watch["status"]["health"], "Unknown");
    assert_eq!(watch["status"]["observedGeneration"], 1);
}

#[tokio::test]
async fn the_log_has_the_request_id_of_a_failed_call_for_whom_it_is_asked_for() {
    let world = shop().await;
    let mut command = world.command();
    command.args(["--log-level", "info,saewatch::poll=debug"]);
    let operator = Operator::start(command);
    world.declare("nobody", &json!({"appId": "no-such-app"})).await;
    operator.until_logged("a call failed").await;
    let log = operator.log();
    let line = log.lines().find(|line| line.contains("a call failed")).unwrap();
    assert!(line.contains("InvalidAppId.NotFound") && line.contains("request_id=\""), "{line}");
}

#[tokio::test]
async fn without_credentials_it_runs_and_the_watch_says_so() {
    let world = shop().await;
    let mut command = world.command();
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    command.env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let operator = Operator::start(command);
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    let watch = world.until_ready("shop", "False", "CredentialsMissing").await;
    assert_eq!(condition(&watch, "Stalled")["status"], "True");
    operator.until_logged("no credentials").await;
    for tried in ["environment", "config.json", "credentials file", "ECS RAM role", "credentials URI"] {
        assert!(operator.log().contains(tried), "{tried} was not said to be tried: {}", operator.log());
    }
}

#[tokio::test]
async fn an_sae_that_is_down_changes_nothing_that_is_shown_until_the_threshold() {
    let world = shop().await;
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s", "failureThreshold": 2})).await;
    let before = world.until_health("shop", "Healthy").await;
    world.sae.inject(Fault::error(503, "ServiceUnavailable").until_cleared());
    world.request_poll("shop").await;
    let handled = |watch: &Value| watch["status"]["lastHandledRequest"].is_string();
    let during = world.until("shop", "one failed poll", handled).await;
    for field in ["health", "readyInstances", "counts", "instances", "conditions"] {
        assert_eq!(during["status"][field], before["status"][field], "{field}");
    }
    let after = world.until_ready("shop", "False", "PollFailed").await;
    for field in ["health", "readyInstances", "counts", "instances"] {
        assert_eq!(after["status"][field], before["status"][field], "{field}");
    }
    world.sae.clear_faults();
    world.request_poll("shop").await;
    world.until_ready("shop", "True", "Observed").await;
    world.until_event("Normal", "PollRecovered").await;
}
