//! The table for people: the line that `kubectl get` would show, the reason in a sentence, the groups, and the
//! instances, worst first.

use std::fmt::Write as _;

use super::detail::Detail;
use super::finding::Finding;
use super::instances::instances;
use crate::api::{GroupStatus, Health, HealthRules, SaeAppWatchStatus};
use crate::cli::columns::{Cell, columns};
use crate::cli::diagnosis;
use crate::cli::style::{ago, health_style};
use crate::domain::health::{needed, unhealthy_below};
use crate::domain::text::{NOTE_BYTES, clean, plural};
use crate::domain::{ConditionType, Conditions};

/// The table of one finding.
pub(super) fn table(finding: &Finding, shown: Detail) -> String {
    let Some(status) = &finding.watch.status else { return String::new() };
    let mut text = headline(finding, status, shown);
    let _ = writeln!(text, "{}", sentences(finding, status));
    if let Some(desired) = status.counts.and_then(|counts| counts.desired).filter(|_| shown.explain) {
        let _ = writeln!(text, "{}", bar(desired, &finding.watch.spec.health));
    }
    if !status.groups.is_empty() {
        let _ = write!(text, "\n{}", groups(&status.groups));
    }
    if !status.instances.is_empty() {
        let _ = write!(text, "\n{}", instances(finding, status, shown));
    }
    if let Some(omitted) = status.instances_omitted {
        let _ = writeln!(text, "and {} more, not worse than these", plural(omitted, "instance"));
    }
    if let Some(said) = &finding.diagnosis {
        let _ = write!(text, "\nWhat SAE says happened:\n{}", diagnosis::lines(said));
    }
    text
}

/// The row that `kubectl get` would show of what SAE says, under the row of what stands in the cluster where there is one.
/// The message is a sentence of its own below; what only an operator in a cluster knows stands in the cluster's row.
fn headline(finding: &Finding, status: &SaeAppWatchStatus, shown: Detail) -> String {
    let watch = &finding.watch;
    let row = |from: &str, status: &SaeAppWatchStatus, is_stored: bool| {
        let conditions = Conditions::new(&status.conditions);
        let ready = conditions.get(ConditionType::Ready).map(|ready| ready.status.clone());
        let observed = status.observed_at.as_ref().map(|observed| ago(observed.0));
        let created = watch.metadata.creation_timestamp.as_ref().map(|created| ago(created.0));
        let region = status.region.as_ref().or(finding.region.as_ref());
        vec![
            Cell::new(from),
            Cell::optional(watch.metadata.name.as_ref().filter(|_| shown.names)),
            Cell::new(finding.app_of(status)),
            Cell::optional(status.health.map(Health::as_str)).styled(health_style(status.health)),
            Cell::optional(status.ready_instances.as_ref()),
            Cell::optional(ready),
            Cell::optional(status.reason.as_ref()),
            Cell::optional(observed.filter(|_| is_stored)),
            Cell::optional(created.filter(|_| is_stored)),
            Cell::optional(status.app_id.as_ref().or(watch.spec.app_id.as_ref()).filter(|_| shown.wide)),
            Cell::optional(status.account.as_ref().filter(|_| shown.wide && is_stored)),
            Cell::optional(region.filter(|_| shown.wide)),
            Cell::optional(status.group_count.filter(|_| shown.wide)),
            Cell::optional(status.counts.map(|counts| counts.restarts).filter(|_| shown.wide)),
            Cell::optional(Some(watch.spec.suspend).filter(|_| shown.wide && is_stored)),
            Cell::optional(status.effective_interval.as_ref().filter(|_| shown.wide && is_stored)),
        ]
    };
    let rows = match &finding.stored {
        Some(stored) => vec![row("cluster", stored, true), row("SAE now", status, false)],
        None => vec![row("", status, false)],
    };
    let headings = [
        "FROM",
        "NAME",
        "APP",
        "HEALTH",
        "INSTANCES",
        "READY",
        "REASON",
        "OBSERVED",
        "AGE",
        "APP-ID",
        "ACCOUNT",
        "REGION",
        "GROUPS",
        "RESTARTS",
        "SUSPENDED",
        "INTERVAL",
    ];
    columns(&headings, &rows)
}

/// What is the matter, in a sentence; where the cluster has another one, both.
fn sentences(finding: &Finding, status: &SaeAppWatchStatus) -> String {
    // In the error's own words: one check is not "polls keep failing".
    let now = finding.trouble().map_or_else(|| sentence(status), str::to_owned);
    match finding.stored.as_ref().map(sentence) {
        Some(stored) if stored != now => format!("cluster: {stored}\nSAE now: {now}"),
        Some(_) | None => now,
    }
}

fn sentence(status: &SaeAppWatchStatus) -> String {
    let message = status.message.as_deref().unwrap_or("nothing has been observed yet");
    clean(message, NOTE_BYTES)
}

/// What it takes to be Healthy.
fn bar(desired: i64, rules: &HealthRules) -> String {
    format!(
        "Healthy from {} of {desired} ready (minHealthyPercent {}), Unhealthy below {} percent",
        needed(desired, rules),
        rules.min_healthy_percent,
        unhealthy_below(rules)
    )
}

fn groups(groups: &[GroupStatus]) -> String {
    let row = |group: &GroupStatus| {
        let GroupStatus { id, name, desired, total, ready, image, package_version } = group;
        vec![
            Cell::new(id),
            Cell::optional(name.as_ref()),
            Cell::new(format!("{ready}/{}", desired.unwrap_or(*total))),
            Cell::optional(package_version.as_ref().or(image.as_ref())),
        ]
    };
    columns(&["GROUP", "NAME", "INSTANCES", "VERSION"], &groups.iter().map(row).collect::<Vec<_>>())
}
