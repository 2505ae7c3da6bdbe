//! `--explain` asks SAE what happened.

use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sae_simulator::{AppEvent, ChangeOrder, Fault, Operation};
use serde_json::json;

use crate::api_server::ApiServer;
use crate::running::Running;
use crate::stage::{APP, Stage};

const ASKED: [Operation; 3] =
    [Operation::ListChangeOrders, Operation::DescribeChangeOrder, Operation::ListAppEvents];

/// An application whose deploy failed just now.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.change(|app| {
        app.instance(0).fail_image_pull();
        app.change_orders.push(ChangeOrder {
            change_order_id: "order-1".to_owned(),
            co_type_code: "CoDeploy".to_owned(),
            status: 3,
            create_time: Timestamp::now().strftime("%F %T").to_string(),
            error_message: "manifest unknown".to_owned(),
        });
    });
    stage
}

fn asked(stage: &Stage) -> [usize; 3] {
    ASKED.map(|operation| stage.sae.calls().iter().filter(|call| call.operation == operation).count())
}

#[test]
fn what_happened_stands_under_the_table_and_is_asked_once_an_application() {
    let stage = stage();
    let ran = stage.check(&[APP, "--explain"]);
    let (_, said) = ran.stdout.split_once("\nWhat SAE says happened:\n").unwrap();
    assert!(said.contains("  Change order CoDeploy order-1 (created "), "{said}");
    assert!(said.contains(" failed: manifest unknown\n"), "{said}");
    assert!(said.contains("BackOff on Pod/"), "{said}");
    assert_eq!((ran.code, asked(&stage)), (1, [1, 1, 1]));

    stage.check(&[APP]);
    assert_eq!(asked(&stage), [1, 1, 1], "without --explain nothing is asked");
    let one = format!(
        "{{apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {{name: a}}, spec: {{appId: {APP}}}}}"
    );
    let ran = stage.check_input(&["-f", "-", "--explain"], &format!("{one}\n---\n{one}\n"));
    assert_eq!(ran.stdout.matches("manifest unknown").count(), 2, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(asked(&stage), [2, 2, 2]);
}

#[test]
fn a_person_may_ask_of_an_application_that_is_well() {
    let stage = Stage::new();
    let ran = stage.check(&[APP, "--explain"]);
    let words =
        "What SAE says happened:\n  SAE names no change order of the 24 hours before, and no warning\n";
    assert!(ran.stdout.ends_with(words), "{}", ran.stdout);
    assert_eq!((ran.code, asked(&stage)), (0, [1, 0, 1]));
}

#[test]
fn what_is_denied_or_fails_is_said_and_nothing_else_is_different() {
    for operation in ASKED {
        for (fault, words) in [
            (Fault::error(403, "NoPermission"), "Incomplete: SAE denies a part"),
            (Fault::error(500, "InternalError"), "Incomplete: SAE failed"),
        ] {
            let stage = stage();
            stage.sae.inject(fault.on(operation).until_cleared());
            let ran = stage.check(&[APP, "--explain"]);
            assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{operation:?}");
            assert!(ran.stdout.contains(words), "{operation:?}: {}", ran.stdout);
        }
    }
}

#[test]
fn hostile_texts_end_clean_and_without_secrets() {
    let evil = "\u{1b}[2Jx\r\ny DB_PASS=MARKED token: MARKED https://user:MARKED@host/x Authorization: Bearer MARKED ";
    let stage = stage();
    stage.change(|app| {
        let order = app.change_orders.last_mut().unwrap();
        evil.clone_into(&mut order.co_type_code);
        order.error_message = evil.repeat(1_000);
        app.events.push(AppEvent {
            event_type: "Warning".to_owned(),
            object_name: evil.to_owned(),
            reason: evil.to_owned(),
            message: evil.repeat(1_000),
            cause_analysis: evil.to_owned(),
            last_timestamp: Timestamp::now().to_string(),
            ..AppEvent::default()
        });
    });
    let ran = stage.check(&[APP, "--explain"]);
    let (_, said) = ran.stdout.split_once("\nWhat SAE says happened:\n").unwrap();
    assert_eq!(said.lines().count(), 3, "a change order and two warnings: {said}");
    assert!(said.len() < 6_000 && !said.contains("MARKED") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn where_the_poll_brings_nothing_nothing_more_is_asked() {
    let stage = stage();
    let ran = stage.check(&["nobody", "--explain"]);
    assert_eq!((ran.code, asked(&stage)), (3, [0, 0, 0]), "{}", ran.stdout);
}

#[test]
fn while_it_watches_it_asks_once_the_application_is_unwell() {
    let stage = Stage::new();
    let arguments = [APP, "--watch", "--explain", "--calls-per-minute", "600"];
    let mut running = Running::start(&mut stage.command(&arguments));
    let mut lines = running.lines();
    assert!(lines.any(|line| line.contains("Healthy")));
    assert_eq!(asked(&stage), [0, 0, 0]);
    stage.change(|app| app.instance(0).crash());
    assert!(lines.any(|line| line.starts_with("  BackOff on Pod/")));
    assert_eq!(running.interrupt().status.code(), Some(1));
}

/// The half hour in which the operator asks is over. A person asks now.
#[test]
fn while_it_watches_it_asks_too_of_an_application_that_has_been_unwell_for_hours() {
    let stage = stage();
    let ago = (Timestamp::now() - SignedDuration::from_hours(2)).to_string();
    let mut server = ApiServer::new();
    let watch = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": "shop", "namespace": "team-a", "uid": "u-1", "generation": 1},
        "spec": {"appId": APP, "regionId": "cn-hangzhou"},
        "status": {
            "app": APP, "appId": APP, "region": "cn-hangzhou", "health": "Degraded", "observedGeneration": 1, "observedAt": ago,
            "memory": {"verdict": {"outcome": "bad", "since": ago}},
        },
    });
    server.serve("/namespaces/team-a/saeappwatches/shop", watch);
    let mut command = server.command(&["check", "shop", "--watch", "--explain", "--calls-per-minute", "600"]);
    command.envs(stage.environment()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(&mut command);
    let until = Instant::now() + Duration::from_secs(60);
    let mut lines = running.lines().take_while(|_| Instant::now() < until);
    assert!(lines.any(|line| line.contains("manifest unknown")));
    assert_eq!(asked(&stage), [1, 1, 1]);
    assert_eq!(running.interrupt().status.code(), Some(1));
}
