//! What the page on health shows is what the rules make of it.

use jiff::Timestamp;
use saewatch::api::{HealthRules, InstanceState, SaeAppWatchSpec};
use saewatch::domain::instance::assess_instance;
use saewatch::domain::{
    Access, Input, InstanceMemos, ListFingerprint, Memory, Meta, Observation, ObservedGroup,
    ObservedInstance, Pace, Rule, Settings, decide,
};

use crate::fragments::{keep, table};
use crate::resource::states;

/// The words of a container that SAE's page on DescribeApplicationInstances lists, and those that kubectl shows for
/// pods beside them.
const CONTAINER: [&str; 28] = [
    "Error",
    "CrashLoopBackOff",
    "ErrImagePull",
    "ImagePullBackOff",
    "Pending",
    "Unknown",
    "Terminating",
    "NotFound",
    "PodInitializing",
    "Init:0/1",
    "Running",
    "ContainerCreating",
    "Init:Error",
    "Init:CrashLoopBackOff",
    "OOMKilled",
    "Evicted",
    "Failed",
    "ContainerCannotRun",
    "CreateContainerError",
    "CreateContainerConfigError",
    "RunContainerError",
    "InvalidImageName",
    "DeadlineExceeded",
    "ExitCode:137",
    "Signal:9",
    "Completed",
    "Succeeded",
    "NodeLost",
];

/// All words of health that SAE's page lists.
const HEALTH: [&str; 8] = [
    "Healthy",
    "WithoutHealthCheckConfig",
    "WithoutLivenessConfig",
    "WithoutReadinessConfig",
    "NotCheckedYet",
    "LivenessUnhealthy",
    "ReadinessUnhealthy",
    "Unhealthy",
];

const STATES: [InstanceState; 6] = [
    InstanceState::Failing,
    InstanceState::Unhealthy,
    InstanceState::Unknown,
    InstanceState::Starting,
    InstanceState::Terminating,
    InstanceState::Ready,
];

/// An application, an instance a letter: `r`eady, `R`eady without health check, `s`tarting, `u`nhealthy, `f`ailing,
/// `t`erminating; how many are wanted; how many percent must be ready.
const EXAMPLES: [(&str, i64, i32); 14] = [
    ("rrrr", 4, 100),
    ("RRRR", 4, 100),
    ("rrrs", 4, 75),
    ("rrrf", 4, 75),
    ("rrrf", 4, 100),
    ("rrru", 4, 100),
    ("rrr", 4, 100),
    ("rrss", 4, 100),
    ("rrrt", 4, 100),
    ("rrsf", 4, 100),
    ("rrff", 4, 100),
    ("rfff", 4, 100),
    ("", 4, 100),
    ("", 0, 100),
];

/// The rules in the order in which they are tried.
const RULES: [Rule; 10] = [
    Rule::Terminating,
    Rule::FailingWord,
    Rule::DeadlineExceeded,
    Rule::StartingWord,
    Rule::NotCheckedYet,
    Rule::HealthCheckFailed,
    Rule::FailingSidecar,
    Rule::HealthCheckMissing,
    Rule::Ready,
    Rule::NoRule,
];

/// When a rule fits, and which word is shown then, for a reader.
fn in_prose(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::Terminating => ("container `Terminating`", "that word"),
        Rule::FailingWord => (
            "container or main has failed: a word of the table below, or one that ends in `BackOff` or `Error`, or \
             begins with `Err`, `Invalid`, `ExitCode:` or `Signal:`, or `Init:` with anything but `a/b`",
            "that word",
        ),
        Rule::DeadlineExceeded => (
            "as one of the next two rows, for longer than `spec.health.progressDeadline`",
            "`ProgressDeadlineExceeded`",
        ),
        Rule::StartingWord => (
            "container or main is starting: `Pending`, `PodInitializing`, `ContainerCreating`, `Init:a/b`",
            "that word",
        ),
        Rule::NotCheckedYet => ("container `Running` with health `NotCheckedYet`", "the health"),
        Rule::HealthCheckFailed => ("container `Running`, and a health check fails", "the health"),
        Rule::FailingSidecar => ("container `Running`, and a sidecar has failed", "`Sidecar` and its word"),
        Rule::HealthCheckMissing => {
            ("container `Running`, no health check, and `spec.health.requireHealthCheck`", "the health")
        }
        Rule::Ready => {
            ("container and main `Running`, and the health check passes or there is none", "the health")
        }
        Rule::NoRule => ("everything else", "the first unknown status"),
    }
}

fn instance(id: &str, container: &str, health: &str) -> ObservedInstance {
    let word = |word: &str| Some(word.into());
    ObservedInstance {
        id: id.into(),
        container: word(container),
        health: word(health),
        ..ObservedInstance::default()
    }
}

#[test]
fn the_page_has_a_row_for_every_rule_in_its_order() {
    let rows = RULES.map(|rule| {
        let (when, shown) = in_prose(rule);
        vec![rule.state().as_str().to_owned(), when.into(), shown.into(), rule.to_string()]
    });
    let head = ["state", "when", "reason shown", "`check --explain` says"];
    keep("docs/health.md", "rules", &table(&head, rows));
}

#[test]
fn every_word_has_the_state_that_the_page_says() {
    let state_of =
        |container, health| assess_instance(&instance("i", container, health), &HealthRules::default()).state;
    let rows = STATES.map(|state| {
        let list =
            |words: Vec<&str>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let containers =
            CONTAINER.iter().filter(|word| **word != "Running" && state_of(word, "Healthy") == state);
        let health = HEALTH.iter().filter(|word| state_of("Running", word) == state);
        vec![state.as_str().to_owned(), list(containers.copied().collect()), list(health.copied().collect())]
    });
    assert_eq!(STATES.map(InstanceState::as_str).as_slice(), states(), "all states there are");
    keep("docs/health.md", "words", &table(&["state", "container", "`Running`, and health"], rows));
}

#[test]
fn every_example_has_the_health_that_the_page_says() {
    let rows = EXAMPLES.map(|(letters, desired, percent)| {
        let (health, reason, message) = first_look(letters, desired, percent);
        vec![
            desired.to_string(),
            in_words(letters),
            percent.to_string(),
            health,
            format!("`{reason}`"),
            message,
        ]
    });
    let head = ["wanted", "there are", "`minHealthyPercent`", "health", "reason", "message"];
    keep("docs/health.md", "examples", &table(&head, rows));
}

/// The container, the health and the plain words behind a letter.
fn meant(letter: char) -> (&'static str, &'static str, &'static str) {
    match letter {
        'r' => ("Running", "Healthy", "ready"),
        'R' => ("Running", "WithoutHealthCheckConfig", "ready, without health check"),
        's' => ("PodInitializing", "NotCheckedYet", "starting"),
        'u' => ("Running", "ReadinessUnhealthy", "unhealthy"),
        'f' => ("CrashLoopBackOff", "NotCheckedYet", "failing"),
        't' => ("Terminating", "Healthy", "terminating"),
        other => panic!("no instance is {other}"),
    }
}

fn in_words(letters: &str) -> String {
    let mut kinds: Vec<char> = letters.chars().collect();
    kinds.dedup();
    let parts = kinds.iter().map(|&kind| format!("{} {}", letters.matches(kind).count(), meant(kind).2));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if parts.is_empty() { "none".into() } else { parts }
}

/// What the first answer of SAE makes of a new watch: health, AppHealthy's reason and message.
fn first_look(letters: &str, desired: i64, percent: i32) -> (String, String, String) {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let instances = letters.chars().enumerate().map(|(number, letter)| {
        let (container, health, _) = meant(letter);
        instance(&format!("shop-{number}"), container, health)
    });
    let group = ObservedGroup {
        id: "g".into(),
        name: None,
        replicas: Some(desired),
        image: None,
        package_version: None,
    };
    let observation =
        Observation { at: now, groups: [group].into(), instances: instances.collect(), stopped: false };
    let spec = serde_json::json!({"appId": "shop", "health": {"minHealthyPercent": percent}});
    let spec: SaeAppWatchSpec = serde_json::from_value(spec).unwrap();
    let region = "cn-hangzhou".parse().unwrap();
    let decision = decide(&Input {
        unreadable: None,
        spec: &spec,
        meta: Meta { generation: 1, uid: "", created_at: None, request: None },
        last: None,
        list: ListFingerprint::default(),
        instances: &InstanceMemos::default(),
        observation: Some(&observation),
        settings: &Settings { heartbeat: jiff::SignedDuration::from_mins(5), default_region: None },
        identity: &saewatch::domain::Identity::default(),
        access: &Access::own(Some(region)),
        pace: &Pace {
            last: Some(saewatch::domain::Attempt::Observed),
            generation: Some(1),
            ..Pace::default()
        },
        memory: &Memory::default(),
        now,
    });
    let status = decision.write.unwrap();
    let condition = status.conditions.iter().find(|one| one.type_ == "AppHealthy").unwrap();
    (status.health.unwrap().as_str().into(), condition.reason.clone(), condition.message.clone())
}
