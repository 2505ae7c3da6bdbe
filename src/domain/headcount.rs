//! The numbers of one poll that show whether the groups of an application may have changed (contract §4).

use super::instance::{is_running, is_running_well, is_unwell};
use super::tally::desired;
use super::{ObservedGroup, ObservedInstance, Target};

/// How many instances there are and should be, by SAE's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headcount {
    /// Instances listed.
    pub total: usize,
    /// Instances wanted; absent when SAE does not say.
    pub desired: Option<i64>,
    /// Instances that run and that SAE does not call unhealthy.
    pub well: usize,
    /// Instances that run, well or not.
    pub running: usize,
    /// Instances that fail or that SAE calls unhealthy.
    pub unwell: usize,
}

impl Headcount {
    /// Counts the instances of these groups.
    pub fn new(target: &Target, groups: &[ObservedGroup], instances: &[&ObservedInstance]) -> Self {
        let count =
            |counts: fn(&ObservedInstance) -> bool| instances.iter().filter(|one| counts(one)).count();
        Self {
            total: instances.len(),
            desired: desired(target, groups, instances.iter().copied()),
            well: count(is_running_well),
            running: count(is_running),
            unwell: count(is_unwell),
        }
    }

    /// Whether this poll, compared with the target's last one, calls for reading the groups again: another
    /// number of instances than is wanted, in a new way, or fewer of them well, which is either a crash or
    /// a scale-in.
    pub fn is_surprising(&self, last: Option<&Self>) -> bool {
        let differs = self.desired.is_some_and(|desired| usize::try_from(desired) != Ok(self.total));
        let in_a_new_way = last.is_none_or(|last| (last.total, last.desired) != (self.total, self.desired));
        differs && in_a_new_way || last.is_some_and(|last| self.well < last.well)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headcount(total: usize, desired: i64, well: usize) -> Headcount {
        Headcount { total, desired: Some(desired), well, running: well, unwell: total - well.min(total) }
    }

    #[test]
    fn a_poll_is_surprising_when_it_differs_in_a_new_way_or_fewer_are_well() {
        let last = headcount(3, 3, 3);
        for (now, surprising) in [
            (headcount(3, 3, 3), false),
            (headcount(4, 3, 3), true),
            (headcount(2, 3, 2), true),
            (headcount(3, 3, 2), true),
            (Headcount { desired: None, ..headcount(5, 0, 5) }, false),
        ] {
            assert_eq!(now.is_surprising(Some(&last)), surprising, "{now:?}");
        }
        let differing = headcount(4, 3, 3);
        assert!(!differing.is_surprising(Some(&differing)), "the same difference is nothing new");
        assert!(headcount(5, 3, 4).is_surprising(Some(&differing)), "another one is");
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
            account: None,
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
            |target: &Target, groups: &[ObservedGroup]| Headcount::new(target, groups, &instances).desired;
        assert_eq!(wanted(&all, &[a.clone(), b]), Some(6));
        assert_eq!(wanted(&all, &[a.clone(), silent]), Some(5));
        assert_eq!(wanted(&all, &[group("empty", None)]), None);
        assert_eq!(wanted(&filtered, std::slice::from_ref(&a)), Some(1));
        assert_eq!(wanted(&batch, &[a]), Some(2));
        assert_eq!(wanted(&all, &[]), None, "an application of which SAE lists no group");
    }
}
