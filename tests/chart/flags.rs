//! The chart and the command line: the chart passes no flag that the operator does not know, and its defaults are the
//! operator's.

use std::collections::BTreeSet;

use clap::Command;
use serde_json::Value;

use crate::support::{cases, documents, render, yaml};

/// The Lease lives beside the pod, where the chart's Role for it is.
const LEFT_TO_THE_OPERATOR: [&str; 1] = ["lease-namespace"];

fn run() -> Command {
    saewatch::cli::command().find_subcommand("run").unwrap().clone()
}

fn known() -> BTreeSet<String> {
    run().get_arguments().filter_map(|flag| flag.get_long()).map(ToOwned::to_owned).collect()
}

/// The arguments of the operator's container in a case.
async fn arguments(case: &str) -> Vec<String> {
    let rendered = documents(&render(&["-f", case]).await);
    let deployment = rendered.iter().find(|document| document["kind"] == "Deployment").unwrap();
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    let operator = containers.iter().find(|container| container["name"] == "saewatch").unwrap();
    serde_json::from_value(operator["args"].clone()).unwrap()
}

fn names(arguments: &[String]) -> impl Iterator<Item = &str> {
    arguments.iter().filter_map(|argument| argument.strip_prefix("--")?.split('=').next())
}

#[tokio::test]
async fn the_operator_knows_every_flag_that_the_chart_passes() {
    let known = known();
    let mut passed = BTreeSet::new();
    for case in cases() {
        passed.extend(names(&arguments(&case).await).map(ToOwned::to_owned));
    }
    let unknown: Vec<&String> = passed.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let never_passed: BTreeSet<&str> = known.difference(&passed).map(String::as_str).collect();
    assert_eq!(never_passed, BTreeSet::from(LEFT_TO_THE_OPERATOR));
}

#[tokio::test]
async fn the_operator_takes_the_arguments_of_every_case() {
    for case in cases() {
        let arguments = arguments(&case).await;
        let line = ["saewatch"].into_iter().chain(arguments.iter().map(String::as_str));
        let parsed = saewatch::cli::command().try_get_matches_from(line);
        assert!(parsed.is_ok(), "{case}: {}", parsed.unwrap_err());
    }
}

#[test]
fn the_charts_defaults_are_the_operators() {
    let run = run();
    let default = |flag: &str| {
        let flag = run.get_arguments().find(|argument| argument.get_long() == Some(flag)).unwrap();
        flag.get_default_values()[0].to_string_lossy().into_owned()
    };
    let values: Value = yaml("charts/saewatch/values.yaml");
    assert_eq!(values["callsPerMinute"].to_string(), default("calls-per-minute"));
    assert_eq!(values["heartbeat"].as_str().unwrap(), default("heartbeat"));
    let election = &values["leaderElection"];
    assert_eq!(election["leaseDuration"].as_str().unwrap(), default("lease-duration"));
    assert_eq!(election["renewDeadline"].as_str().unwrap(), default("lease-renew-deadline"));
    assert_eq!(election["retryPeriod"].as_str().unwrap(), default("lease-retry-period"));
    assert_eq!(values["log"]["level"].as_str().unwrap(), default("log-level"));
    let address = format!("{}:{}", values["http"]["host"].as_str().unwrap(), values["http"]["port"]);
    assert_eq!(address, default("http-addr"));
}
