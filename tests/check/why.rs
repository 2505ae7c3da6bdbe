//! `kubectl saewatch why`: what is said of a watch, to be read as documentation.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::golden;
use crate::stage::Ran;

/// So long ago that the age stays the same while a test runs.
fn ago(minutes: i64) -> String {
    let now = Timestamp::now() - SignedDuration::from_hours(48) - SignedDuration::from_mins(minutes);
    Timestamp::from_second(now.as_second()).unwrap().to_string()
}

/// A watch whose application is unwell, of which this was said.
fn unwell(diagnosis: &Value) -> Value {
    let mut diagnosis = diagnosis.clone();
    diagnosis["at"] = json!(ago(28));
    diagnosis["since"] = json!(ago(30));
    json!({
        "app": "shop", "health": "Degraded", "readyInstances": "3/4", "reason": "InstancesFailing",
        "message": "3 of 4 instances ready, 1 failing: shop-g-1-jskph ImagePullBackOff (Back-off pulling image)",
        "lastTransitionAt": ago(30), "memory": {"verdict": {"outcome": "bad", "since": ago(30)}},
        "diagnosis": diagnosis,
    })
}

/// What is said of a watch with this status.
fn why(status: &Value) -> Ran {
    let mut server = ApiServer::new();
    let watch = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": "shop", "namespace": "team-a", "uid": "u-1", "generation": 1},
        "spec": {"appName": "shop", "regionId": "cn-hangzhou"}, "status": status,
    });
    server.serve("/namespaces/team-a/saeappwatches/shop", watch);
    server.run(&["why", "shop"])
}

fn see(name: &str, status: &Value) {
    golden::see_ran(name, "kubectl saewatch why shop", &why(status));
}

#[test]
fn golden_why_of_an_application_that_is_well() {
    let status = json!({
        "app": "shop", "health": "Healthy", "readyInstances": "4/4", "reason": "AllInstancesHealthy",
        "message": "4 of 4 instances ready", "lastTransitionAt": ago(0),
        "memory": {"verdict": {"outcome": "good", "since": ago(0)}},
    });
    see("why-healthy.txt", &status);
}

#[test]
fn golden_why_after_a_deploy_that_failed() {
    let diagnosis = json!({
        "change": {"id": "7f2a4c", "type": "CoDeploy", "status": "Failed", "createdAt": "2026-11-28 22:03:11",
            "message": "image registry.example.com/shop:2.1 cannot be pulled: manifest unknown"},
        "events": [{"reason": "Failed", "object": "Pod/shop-g-1-jskph", "count": 6, "lastAt": ago(28),
            "message": "Error: ImagePullBackOff", "cause": "The image does not exist"}],
    });
    see("why-failed-deploy.txt", &unwell(&diagnosis));
}

#[test]
fn golden_why_by_warnings_alone() {
    let warning = |reason: &str, count: i64, message: &str| json!({"reason": reason, "object": "Pod/shop-g-1-jskph", "count": count, "message": message});
    let events = [
        warning("Unhealthy", 12, "Readiness probe failed: HTTP probe failed with statuscode: 503"),
        warning("BackOff", 3, "Back-off restarting failed container"),
    ];
    see("why-warnings.txt", &unwell(&json!({ "events": events })));
}

#[test]
fn golden_why_where_sae_denies_to_say_it() {
    see("why-denied.txt", &unwell(&json!({"incomplete": "AccessDenied"})));
}

#[test]
fn golden_why_by_an_operator_without_diagnoses() {
    let mut status = unwell(&json!({}));
    status["diagnosis"] = json!(null);
    see("why-not-asked.txt", &status);
}

#[test]
fn hostile_texts_end_clean_and_bounded() {
    let evil = "\u{1b}[2J\u{1b}]0;title\u{7}a\r\nb";
    let mut status = unwell(&json!({
        "change": {"id": evil, "type": evil, "status": evil, "message": evil.repeat(1_000)},
        "events": [{"reason": evil, "object": evil, "message": "<b onload=x>".repeat(100_000), "cause": evil, "count": 1}],
    }));
    for field in ["app", "readyInstances", "reason", "message"] {
        status[field] = json!(evil);
    }
    let ran = why(&status);
    assert!(ran.stdout.len() < 8_000 && ran.stdout.lines().count() < 8, "{}", ran.stdout);
    assert!(!ran.stdout.chars().any(|c| c.is_control() && c != '\n'), "{}", ran.stdout);
}

#[test]
fn a_watch_that_is_not_there_and_a_name_that_none_has_are_refused() {
    let server = ApiServer::new();
    for (arguments, code, said) in [
        (&["why", "shop"][..], 1, "no SaeAppWatch \"shop\" in namespace \"team-a\""),
        (&["why", "shop", "-n", "team-b"], 1, "in namespace \"team-b\""),
        (&["why", "../x"], 2, "invalid value '../x' for '<NAME>'"),
        (&["why"], 2, "<NAME>"),
    ] {
        let ran = server.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}
