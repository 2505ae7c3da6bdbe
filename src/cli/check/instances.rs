//! The instances of the table, worst first.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::{AnsiColor, Style};

use super::detail::Detail;
use super::finding::Finding;
use super::rule_text::rule_text;
use crate::api::{InstanceState, InstanceStatus, SaeAppWatchStatus};
use crate::cli::columns::{Cell, columns};
use crate::cli::style::{ago, bold};
use crate::domain::ObservedInstance;
use crate::domain::text::{TEXT_BYTES, clean};

/// The longest message of an instance in the table, in bytes; all of it is in the wide table and in the status.
const MESSAGE: usize = 80;

/// The instances as SAE has them now, beside what stands in the cluster where something does; those that are gone
/// last.
pub(super) fn instances(finding: &Finding, status: &SaeAppWatchStatus, shown: Detail) -> String {
    let stored = finding.stored.as_ref().map(|stored| stored.instances.as_slice()).unwrap_or_default();
    let stored: BTreeMap<&str, &InstanceStatus> =
        stored.iter().map(|instance| (instance.id.as_str(), instance)).collect();
    let groups: BTreeSet<_> = status.groups.iter().map(|group| &group.id).collect();
    let observed = observed(finding);

    let row = |instance: &InstanceStatus, state: Cell, rule: Option<String>| {
        let before = stored.get(instance.id.as_str()).map(|stored| stored.state);
        vec![
            Cell::new(&instance.id),
            Cell::optional(instance.group_id.as_ref().filter(|_| groups.len() > 1)),
            before.map_or_else(Cell::default, state_cell),
            state,
            Cell::new(&instance.reason),
            Cell::optional(instance.restarts),
            Cell::optional(instance.created_at.as_ref().map(|created| ago(created.0))),
            Cell::optional(instance.ip.as_ref()),
            Cell::optional(rule),
            Cell::optional(
                instance
                    .message
                    .as_deref()
                    .map(|message| if shown.wide { message.to_owned() } else { clean(message, MESSAGE) }),
            ),
        ]
    };
    let seen = status.instances.iter().map(|instance| {
        let observed = observed.get(&instance.id).filter(|_| shown.explain);
        let rule = observed.map(|observed| rule_text(instance, observed, &finding.watch.spec.health));
        row(instance, state_cell(instance.state), rule)
    });
    let gone = stored.values().filter(|instance| !observed.contains_key(&instance.id));
    let gone = gone.map(|instance| row(instance, Cell::new("gone"), None));
    let headings =
        ["INSTANCE", "GROUP", "CLUSTER", "STATE", "REASON", "RESTARTS", "AGE", "IP", "RULE", "MESSAGE"];
    columns(&headings, &seen.chain(gone).collect::<Vec<_>>())
}

/// What SAE said of each instance, by its id as the status shows it.
fn observed(finding: &Finding) -> BTreeMap<String, &ObservedInstance> {
    let seen = finding.answer.as_ref().and_then(|answer| answer.as_ref().ok());
    let instances = seen.into_iter().flat_map(|seen| &seen.instances);
    instances.map(|instance| (clean(&instance.id, TEXT_BYTES), instance)).collect()
}

fn state_cell(state: InstanceState) -> Cell {
    Cell::new(state.as_str()).styled(style(state))
}

fn style(state: InstanceState) -> Style {
    match state {
        InstanceState::Ready => bold(AnsiColor::Green),
        InstanceState::Starting | InstanceState::Terminating => bold(AnsiColor::Yellow),
        InstanceState::Failing | InstanceState::Unhealthy => bold(AnsiColor::Red),
        InstanceState::Unknown => bold(AnsiColor::Magenta),
    }
}
