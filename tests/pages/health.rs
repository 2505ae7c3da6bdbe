//! What the page on health shows is what the rules make of it.

use jiff::Timestamp;
use saewatch::api::{HealthRules, InstanceState, SaeAppWatchSpec};
use saewatch::domain::instance::assess_instance;
use saewatch::domain::{
    Facts, Input, ListDigest, Memory, Meta, Observation, ObservedGroup, ObservedInstance, Pace, Rule,
    Settings, decide,
};

use crate::fragments::{keep, table};
use crate::pages::text;

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

/// The rules in their order. A rule that is new has no place in [`place_of`], and does not compile.
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

fn place_of(rule: Rule) -> usize {
    match rule {
        Rule::Terminating => 0,
        Rule::FailingWord => 1,
        Rule::DeadlineExceeded => 2,
        Rule::StartingWord => 3,
        Rule::NotCheckedYet => 4,
        Rule::HealthCheckFailed => 5,
        Rule::FailingSidecar => 6,
        Rule::HealthCheckMissing => 7,
        Rule::Ready => 8,
        Rule::NoRule => 9,
    }
}

fn instance(id: &str, container: &str, health: &str) -> ObservedInstance {
    let word = |word: &str| Some(word.to_owned());
    ObservedInstance {
        id: id.into(),
        container: word(container),
        health: word(health),
        ..ObservedInstance::default()
    }
}

#[test]
fn the_page_has_a_row_for_every_rule_in_its_order() {
    let page = text("docs/health.md");
    let (_, rows) = page.split_once("says |\n|---|---|---|---|\n").unwrap();
    let rows: Vec<&str> = rows.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), RULES.len());
    for rule in RULES {
        let cells: Vec<&str> = rows[place_of(rule)].trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!((cells[0], cells[3]), (rule.state().as_str(), rule.to_string().as_str()));
    }
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
        Observation { at: now, groups: vec![group], instances: instances.collect(), stopped: false };
    let spec = serde_json::json!({"appId": "shop", "health": {"minHealthyPercent": percent}});
    let spec: SaeAppWatchSpec = serde_json::from_value(spec).unwrap();
    let region = "cn-hangzhou".parse().unwrap();
    let decision = decide(&Input {
        spec: &spec,
        meta: Meta { generation: 1, uid: "", request: None },
        last: None,
        list: ListDigest::default(),
        facts: &Facts::default(),
        observation: Some(&observation),
        settings: &Settings { heartbeat: jiff::SignedDuration::from_mins(5), default_region: Some(region) },
        pace: &Pace {
            last: Some(saewatch::domain::Attempt::Observed),
            generation: Some(1),
            ..Pace::default()
        },
        memory: &Memory::default(),
        now,
    });
    let status = decision.status;
    let condition = status.conditions.iter().find(|one| one.type_ == "AppHealthy").unwrap();
    (status.health.unwrap().as_str().into(), condition.reason.clone(), condition.message.clone())
}
