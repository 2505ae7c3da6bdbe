//! The table for people: the line that `kubectl get` would show, the reason in a sentence, the groups, and the
//! instances, worst first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use super::columns::{Cell, columns};
use super::explain::explain;
use super::finding::Finding;
use crate::api::{GroupStatus, Health, InstanceState, InstanceStatus, SaeAppWatch, SaeAppWatchStatus};
use crate::domain::text::{TEXT_BYTES, clean, plural, span};
use crate::domain::{ConditionType, Conditions, ObservedInstance, Truth};

/// The longest message of an instance in the table, in bytes; the whole of it is in the status.
const MESSAGE: usize = 80;

/// What the table shows beside what is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// The names of the watches.
    pub(super) names: bool,
    /// The rule behind each state.
    pub(super) explain: bool,
}

/// The table of one finding.
pub(super) fn table(finding: &Finding, shown: Columns) -> String {
    let Some(status) = &finding.watch.status else { return String::new() };
    let mut text = headline(&finding.watch, status, shown);
    let _ = writeln!(text, "{}", sentence(finding, status));
    if !status.groups.is_empty() {
        let _ = write!(text, "\n{}", groups(&status.groups));
    }
    if !status.instances.is_empty() {
        let _ = write!(text, "\n{}", instances(finding, status, shown));
    }
    if let Some(omitted) = status.instances_omitted {
        let _ = writeln!(text, "and {} more, not worse than these", plural(omitted, "instance"));
    }
    text
}

fn headline(watch: &SaeAppWatch, status: &SaeAppWatchStatus, shown: Columns) -> String {
    let name = watch.metadata.name.as_ref().filter(|_| shown.names);
    let region = status.region.as_ref().or(watch.spec.region_id.as_ref());
    let row = vec![
        Cell::of(name),
        Cell::of(Some(&watch.spec.app_id)),
        Cell::of(region),
        Cell::of(status.health.map(Health::as_str)).styled(health_style(status.health)),
        Cell::of(status.ready.as_ref()),
        Cell::of(status.reason.as_ref()),
    ];
    columns(&["NAME", "APP", "REGION", "HEALTH", "READY", "REASON"], &[row])
}

/// The reason in a sentence; for a failure also what to do about it, as far as somebody can.
fn sentence(finding: &Finding, status: &SaeAppWatchStatus) -> String {
    let conditions = Conditions::of(&status.conditions);
    let message = |of| conditions.get(of).map(|condition| condition.message.clone()).unwrap_or_default();
    if conditions.is(ConditionType::Ready, Truth::True) {
        return message(ConditionType::AppHealthy);
    }
    // In the error's own words: a look is not "polls keep failing".
    finding.failure().map_or_else(|| message(ConditionType::Ready), |failure| failure.message.clone())
}

fn groups(groups: &[GroupStatus]) -> String {
    let row = |group: &GroupStatus| {
        let GroupStatus { id, name, desired, total, ready, image, package_version } = group;
        let of = desired.map_or_else(|| total.to_string(), |desired| desired.to_string());
        vec![
            Cell::of(Some(id)),
            Cell::of(name.as_ref()),
            Cell::new(format!("{ready}/{of}")),
            Cell::of(package_version.as_ref().or(image.as_ref())),
        ]
    };
    columns(&["GROUP", "NAME", "READY", "VERSION"], &groups.iter().map(row).collect::<Vec<_>>())
}

fn instances(finding: &Finding, status: &SaeAppWatchStatus, shown: Columns) -> String {
    let answer = finding.answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let observed: BTreeMap<String, &ObservedInstance> = answer
        .iter()
        .flat_map(|seen| &seen.instances)
        .map(|instance| (clean(&instance.id, TEXT_BYTES), instance))
        .collect();
    let has_several_groups = status.groups.len() > 1;
    let rule = |instance: &InstanceStatus| {
        let observed = observed.get(&instance.id).filter(|_| shown.explain)?;
        Some(explain(instance, observed, &finding.watch.spec.health))
    };
    let row = |instance: &InstanceStatus| {
        vec![
            Cell::new(&instance.id),
            Cell::of(instance.group_id.as_ref().filter(|_| has_several_groups)),
            Cell::new(instance.state.as_str()).styled(state_style(instance.state)),
            Cell::new(&instance.reason),
            Cell::of(instance.restarts),
            Cell::of(instance.created_at.as_ref().map(|created| age(created.0))),
            Cell::of(instance.ip.as_ref()),
            Cell::of(rule(instance)),
            Cell::of(instance.message.as_deref().map(|message| clean(message, MESSAGE))),
        ]
    };
    let headings = ["INSTANCE", "GROUP", "STATE", "REASON", "RESTARTS", "AGE", "IP", "RULE", "MESSAGE"];
    columns(&headings, &status.instances.iter().map(row).collect::<Vec<_>>())
}

fn age(since: Timestamp) -> String {
    span(Timestamp::now().duration_since(since))
}

fn health_style(health: Option<Health>) -> Style {
    match health {
        Some(Health::Healthy | Health::ScaledToZero) => colour(AnsiColor::Green),
        Some(Health::Progressing | Health::Degraded) => colour(AnsiColor::Yellow),
        Some(Health::Unhealthy) => colour(AnsiColor::Red),
        Some(Health::Unknown) | None => colour(AnsiColor::Magenta),
    }
}

fn state_style(state: InstanceState) -> Style {
    match state {
        InstanceState::Ready => colour(AnsiColor::Green),
        InstanceState::Starting | InstanceState::Terminating => colour(AnsiColor::Yellow),
        InstanceState::Failing | InstanceState::Unhealthy => colour(AnsiColor::Red),
        InstanceState::Unknown => colour(AnsiColor::Magenta),
    }
}

fn colour(colour: AnsiColor) -> Style {
    colour.on_default().bold()
}
