//! Counting: how many instances are how, in all and for each group.

use jiff::{SignedDuration, Timestamp};

use super::instance::{is_probe, is_terminating};
use super::instance_memo::{InstanceMemo, InstanceMemos, count};
use super::listing::Judged;
use super::text::{self, TEXT_BYTES, clean};
use super::{Observation, ObservedGroup, ObservedInstance, Target};
use crate::api::{Counts, GroupStatus, InstanceState};

/// The most groups that the status lists (contract §2).
const GROUPS: usize = 50;

/// The most replicas or instances that are believed. SAE runs 50 of an application, more by request; beyond this
/// the arithmetic of percentages would overflow.
const MOST: i64 = u32::MAX as i64;

/// The counts, and the two things beside them that health depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many instances are how.
    pub counts: Counts,
    /// Terminating ones that have been so for less than `progressDeadline`: their replacements are hoped for.
    pub young_terminating: i64,
    /// Whether some instance has a health check.
    pub any_probed: bool,
}

/// Counts the instances of an observation made at `at`.
pub fn count_all(
    judged: &[Judged],
    observation: &Observation,
    target: &Target,
    at: Timestamp,
    deadline: SignedDuration,
) -> Tally {
    let mut counts = Counts { total: text::count(judged.len()), ..Counts::default() };
    let mut young_terminating = 0;
    for one in judged {
        *slot(&mut counts, one.shown.state) += 1;
        counts.restarts += i64::from(count(one.shown.restarts));
        if one.shown.state == InstanceState::Terminating && is_young(one.shown.since.0, at, deadline) {
            young_terminating += 1;
        }
    }
    counts.desired = if observation.stopped {
        Some(0)
    } else {
        desired(target, &observation.groups, observation.instances.iter())
    };
    counts.missing = missing(&counts);
    let any_probed = judged.iter().any(|one| is_probe(one.shown.health_status.as_deref()));
    Tally { counts, young_terminating, any_probed }
}

/// The same from the last status and the memos, for a spec that changed while no new answer is at hand.
pub fn recount(counts: &Counts, memos: &InstanceMemos, now: Timestamp, deadline: SignedDuration) -> Tally {
    let young = memos
        .iter()
        .filter(|memo| memo.episode() == InstanceState::Terminating && is_young(memo.since(), now, deadline))
        .count();
    Tally {
        counts: bounded(*counts),
        young_terminating: text::count(young),
        any_probed: memos.iter().any(InstanceMemo::is_probed),
    }
}

/// The groups as the status lists them.
pub fn count_groups(judged: &[Judged], observation: &Observation, target: &Target) -> Vec<GroupStatus> {
    let mut listed: Vec<GroupStatus> = observation
        .groups
        .iter()
        .map(|group| {
            let id = clean(&group.id, TEXT_BYTES);
            let members = || judged.iter().filter(|one| belongs(one, &id));
            let ready = members().filter(|one| one.shown.state == InstanceState::Ready).count();
            let shown = |text: &Option<String>| {
                text.as_deref().map(|t| clean(t, TEXT_BYTES)).filter(|t| !t.is_empty())
            };
            GroupStatus {
                name: shown(&group.name),
                desired: if target.is_filtered() {
                    None
                } else {
                    group_desired(group, observation.instances.iter())
                },
                total: text::count(members().count()),
                ready: text::count(ready),
                image: shown(&group.image),
                package_version: shown(&group.package_version),
                id,
            }
        })
        .collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed.dedup_by(|a, b| a.id == b.id);
    listed.truncate(GROUPS);
    listed
}

/// How many instances of an application that is not stopped are wanted (contract §4); `None` when SAE does not say.
pub fn desired<'a>(
    target: &Target,
    groups: &[ObservedGroup],
    mut instances: impl Iterator<Item = &'a ObservedInstance> + Clone,
) -> Option<i64> {
    if groups.is_empty() {
        return None;
    }
    if target.instance.is_some() {
        return Some(1);
    }
    if target.pipeline.is_some() {
        let staying = staying(instances.clone());
        return instances.next().and(Some(staying));
    }
    groups.iter().map(|group| group_desired(group, instances.clone())).sum()
}

/// What one group wants: what SAE says, else its instances that are not on their way down; `None` if it has none.
fn group_desired<'a>(
    group: &ObservedGroup,
    instances: impl Iterator<Item = &'a ObservedInstance>,
) -> Option<i64> {
    group.replicas.filter(|replicas| *replicas >= 0).map(|replicas| replicas.min(MOST)).or_else(|| {
        let members = instances.filter(|one| one.group_id.as_deref() == Some(group.id.as_str()));
        Some(staying(members)).filter(|staying| *staying > 0)
    })
}

/// How many are not on their way down.
fn staying<'a>(instances: impl Iterator<Item = &'a ObservedInstance>) -> i64 {
    text::count(instances.filter(|one| !is_terminating(one)).count())
}

/// Stored counts, as far as they can be counts: a value written by hand must not overflow a product.
fn bounded(mut counts: Counts) -> Counts {
    let Counts {
        desired,
        total,
        ready,
        starting,
        unhealthy,
        failing,
        terminating,
        unknown,
        missing,
        restarts: _,
    } = &mut counts;
    let counted = [total, ready, starting, unhealthy, failing, terminating, unknown, missing];
    for count in counted.into_iter().chain(desired) {
        *count = (*count).clamp(0, MOST);
    }
    counts
}

fn belongs(judged: &Judged, group: &str) -> bool {
    judged.shown.group_id.as_deref() == Some(group)
}

fn missing(counts: &Counts) -> i64 {
    counts.desired.map_or(0, |desired| (desired - (counts.total - counts.terminating)).max(0))
}

fn slot(counts: &mut Counts, state: InstanceState) -> &mut i64 {
    match state {
        InstanceState::Failing => &mut counts.failing,
        InstanceState::Unhealthy => &mut counts.unhealthy,
        InstanceState::Unknown => &mut counts.unknown,
        InstanceState::Starting => &mut counts.starting,
        InstanceState::Terminating => &mut counts.terminating,
        InstanceState::Ready => &mut counts.ready,
    }
}

fn is_young(since: Timestamp, now: Timestamp, deadline: SignedDuration) -> bool {
    now.duration_since(since) < deadline
}
