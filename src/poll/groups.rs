//! When the groups of an application are read again (contract §4).
//!
//! Groups say how many instances are wanted, and they change with a deployment or a scaling, which is rare. A
//! call for them with every poll would halve what the quota is good for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::instance::{is_running, is_running_well};
use crate::domain::{ObservedGroup, ObservedInstance, Target, desired};

/// Groups as read last.
#[derive(Debug, Clone)]
pub(super) struct KnownGroups {
    pub(super) groups: Arc<[ObservedGroup]>,
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
    pub(super) fn of(target: &Target, groups: &[ObservedGroup], instances: &[&ObservedInstance]) -> Self {
        let count =
            |counts: fn(&ObservedInstance) -> bool| instances.iter().filter(|one| counts(one)).count();
        Self {
            total: instances.len(),
            desired: desired(target, groups, instances.iter().copied()),
            well: count(is_running_well),
            running: count(is_running),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn known(minutes: u64, polls: u32) -> (KnownGroups, Instant) {
        let read_at = Instant::now();
        (KnownGroups { groups: [].into(), read_at, polls }, read_at + Duration::from_secs(60 * minutes))
    }

    #[test]
    fn groups_age_with_ten_minutes_or_the_tenth_poll_whichever_is_later() {
        for (minutes, polls, old) in [(9, 100, false), (10, 9, true), (100, 8, false), (100, 9, true)] {
            let (groups, now) = known(minutes, polls);
            assert_eq!(groups.are_old(false, now), old, "{minutes} min and {polls} polls");
            assert!(!groups.are_old(true, now), "not while the pre-check covers them");
        }
    }

    fn tally(total: usize, desired: i64, well: usize) -> Tally {
        Tally { total, desired: Some(desired), well, running: well }
    }

    #[test]
    fn a_poll_is_surprising_when_it_differs_in_a_new_way_or_fewer_are_well() {
        let last = tally(3, 3, 3);
        for (now, surprising) in [
            (tally(3, 3, 3), false),
            (tally(4, 3, 3), true),
            (tally(2, 3, 2), true),
            (tally(3, 3, 2), true),
            (Tally { desired: None, ..tally(5, 0, 5) }, false),
        ] {
            assert_eq!(now.is_surprising(Some(&last)), surprising, "{now:?}");
        }
        let differing = tally(4, 3, 3);
        assert!(!differing.is_surprising(Some(&differing)), "the same difference is nothing new");
        assert!(tally(5, 3, 4).is_surprising(Some(&differing)), "another one is");
        assert!(differing.is_surprising(None));
    }

    fn instance(group: &str, container: &str) -> ObservedInstance {
        ObservedInstance {
            group_id: Some(group.into()),
            container: Some(container.into()),
            ..ObservedInstance::default()
        }
    }

    #[test]
    fn wanted_is_what_the_groups_say_or_what_stays_where_they_do_not() {
        let group = |id: &str, replicas| ObservedGroup {
            id: id.into(),
            name: None,
            replicas,
            image: None,
            package_version: None,
        };
        let all = Target {
            region: "cn-hangzhou".parse().unwrap(),
            app: "app".parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        };
        let filtered = Target { instance: Some("i".parse().unwrap()), ..all.clone() };
        let batch = Target { pipeline: Some("p".parse().unwrap()), ..all.clone() };
        let instances = [instance("a", "Running"), instance("b", "Running"), instance("b", "Terminating")];
        let instances: Vec<&ObservedInstance> = instances.iter().collect();
        let (a, b, silent) = (group("a", Some(4)), group("b", Some(2)), group("b", None));
        let wanted =
            |target: &Target, groups: &[ObservedGroup]| Tally::of(target, groups, &instances).desired;
        assert_eq!(wanted(&all, &[a.clone(), b]), Some(6));
        assert_eq!(wanted(&all, &[a.clone(), silent]), Some(5));
        assert_eq!(wanted(&all, &[group("empty", None)]), None);
        assert_eq!(wanted(&filtered, std::slice::from_ref(&a)), Some(1));
        assert_eq!(wanted(&batch, &[a]), Some(2));
        assert_eq!(wanted(&all, &[]), None, "an application of which SAE lists no group");
    }
}
