//! When the groups of an application are read again (contract §4).
//!
//! Groups say how many instances are wanted, and they change with a deployment or a scaling, which is rare. A
//! call for them with every poll would halve what the quota is good for.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{ObservedGroup, ObservedInstance, Target};

/// Groups as read last.
#[derive(Debug, Clone)]
pub(super) struct KnownGroups {
    pub(super) groups: Vec<ObservedGroup>,
    /// When the poll began that read them.
    pub(super) read_at: Instant,
    /// Polls of the target since then.
    pub(super) polls: u32,
}

impl KnownGroups {
    /// Whether the poll that begins now reads them again: ten minutes after the last time, or with the tenth poll
    /// since, whichever is later. While the pre-check covers the target they do not age, since a changed number of
    /// instances shows there.
    pub(super) fn are_old(&self, covered: bool, now: Instant) -> bool {
        let old = now.saturating_duration_since(self.read_at) >= Duration::from_secs(600);
        !covered && old && self.polls + 1 >= 10
    }
}

/// The numbers of one poll that tell whether the groups may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    /// Instances listed.
    pub(super) total: usize,
    /// Instances wanted; absent when nobody can know.
    pub(super) desired: Option<i64>,
    /// Instances that run and that SAE does not call unhealthy.
    pub(super) well: usize,
    /// Instances that run, well or not.
    pub(super) running: usize,
}

impl Tally {
    pub(super) fn of(target: &Target, groups: &[ObservedGroup], instances: &[ObservedInstance]) -> Self {
        let running = || instances.iter().filter(|one| one.container.as_deref() == Some("Running"));
        Self {
            total: instances.len(),
            desired: desired(target, groups, instances),
            well: running().filter(|one| !is_unhealthy(one)).count(),
            running: running().count(),
        }
    }

    /// Whether this poll, compared with the target's last one, calls for a fresh look at the groups: another
    /// number of instances than is wanted, in a new way, or fewer of them well (is that a crash, or did
    /// somebody scale in?).
    pub(super) fn is_surprising(&self, last: Option<&Self>) -> bool {
        let differs = self.desired.is_some_and(|desired| usize::try_from(desired) != Ok(self.total));
        let in_a_new_way = last.is_none_or(|last| (last.total, last.desired) != (self.total, self.desired));
        differs && in_a_new_way || last.is_some_and(|last| self.well < last.well)
    }
}

fn is_unhealthy(instance: &ObservedInstance) -> bool {
    matches!(instance.health.as_deref(), Some("LivenessUnhealthy" | "ReadinessUnhealthy" | "Unhealthy"))
}

/// How many instances are wanted, as contract §4 counts them.
fn desired(target: &Target, groups: &[ObservedGroup], instances: &[ObservedInstance]) -> Option<i64> {
    let staying = |group: Option<&str>| {
        let stays = |one: &&ObservedInstance| {
            one.container.as_deref() != Some("Terminating")
                && (group.is_none() || one.group_id.as_deref() == group)
        };
        i64::try_from(instances.iter().filter(stays).count()).ok()
    };
    if target.instance.is_some() {
        return Some(1);
    }
    if target.pipeline.is_some() {
        return staying(None);
    }
    groups
        .iter()
        .map(|group| group.replicas.or_else(|| staying(Some(&group.id)).filter(|count| *count > 0)))
        .sum()
}
