//! The lists that sets read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use saewatch::api::RegionId;
use saewatch::domain::set::RegionLists;
use saewatch::domain::{FailureClass, Reason};
use saewatch::poll::{ListNews, ListNewsSender, Polls, SetId};
use saewatch::sae::{Class, Operation};
use tokio::sync::mpsc::unbounded_channel;

use crate::plan::Plan;
use crate::slow;
use crate::world::app::{App, Apps};
use crate::world::directory::Directory;
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Fault, PageFault, REGIONS, Sae, Trouble};
use crate::world::{mins, on_a_paused_clock, secs};

/// A set, as far as lists go.
pub struct Set {
    id: SetId,
    sender: ListNewsSender,
    news: ListNews,
}

impl Set {
    pub fn new(name: &str) -> Self {
        let (sender, news) = unbounded_channel();
        Self { id: SetId { namespace: "team-a".into(), name: name.into() }, sender, news }
    }

    /// Reads the first `regions` regions.
    pub fn read(&self, polls: &Polls, regions: usize) {
        let regions: BTreeSet<RegionId> = REGIONS[..regions].iter().map(|id| id.parse().unwrap()).collect();
        polls.read_lists(&self.id, regions, &self.sender);
    }

    /// How often it was notified since it was asked last.
    fn notified(&mut self) -> usize {
        std::iter::from_fn(|| self.news.recv().now_or_never().flatten()).count()
    }
}

/// How the lists of a region stand.
fn lists(operator: &Operator, region: usize) -> RegionLists {
    operator.polls.lists(&REGIONS[region].parse().unwrap())
}

/// An operator without watches, in front of so many applications.
pub fn watching_nothing(sae: Sae, calls_per_minute: u32) -> Operator {
    Operator::start(Arc::new(sae), calls_per_minute, Plan::steady())
}

pub fn sae(applications: usize) -> Sae {
    Sae::new(Apps::new(vec![App::well(1); applications], Vec::new()))
}

/// With so many applications a page.
pub fn in_pages_of(most_a_page: usize) -> Directory {
    Directory { most_a_page: Some(most_a_page), ..Directory::default() }
}

#[test]
fn regions_that_only_sets_read_are_listed_at_once_and_then_every_ten_minutes() {
    on_a_paused_clock(async {
        let mut operator = watching_nothing(sae(80).with_regions_of(10), 30);
        let mut set = Set::new("all");
        set.read(&operator.polls, 8);
        assert_eq!(lists(&operator, 0), RegionLists::default());
        operator.work_until(secs(60)).await;
        assert_eq!(set.notified(), 8);
        for region in 0..8 {
            let RegionLists { list, unsettled, failures, failure } = lists(&operator, region);
            let list = list.unwrap();
            assert_eq!((list.applications.len(), list.difference), (10, None));
            assert_eq!(list.row_start, list.sequence);
            assert_eq!((unsettled, failures, failure), (None, 0, None));
        }
        operator.work_until(mins(61)).await;
        assert_eq!(operator.sae.count(Operation::Applications, mins(1)), 8 * 6, "in an hour");
        assert_eq!(operator.sae.count(Operation::Availability, secs(0)), 0);
        let list = lists(&operator, 0).list.unwrap();
        assert!(list.row_start < list.sequence, "the row goes on");
        let other = Set::new("other");
        other.read(&operator.polls, 8);
        assert!(lists(&operator, 7).list.is_some(), "one that is read already is there for another set");
        operator.work_until(mins(62)).await;
        assert_eq!(operator.sae.count(Operation::Applications, mins(61)), 0);
    });
}

#[test]
fn a_region_that_is_swept_costs_no_further_call() {
    let calls = |is_read| {
        on_a_paused_clock(async {
            let mut operator = watching_nothing(sae(200), 30);
            operator.watch_all((0..200).map(slow));
            let mut set = Set::new("all");
            if is_read {
                set.read(&operator.polls, 1);
            }
            operator.work_until(mins(30)).await;
            let sweeps = operator.sae.count(Operation::Applications, secs(0));
            assert_eq!(set.notified(), if is_read { sweeps } else { 0 });
            assert_eq!(lists(&operator, 0).list.is_some(), is_read);
            operator.sae.calls()
        })
    };
    assert_eq!(calls(true), calls(false));
}

/// Of five pages, each meets every trouble once, in the second list.
#[test]
fn a_list_with_any_single_fault_is_none_and_ends_the_row() {
    let troubles = [
        Trouble::Refused(Class::Transient(None)),
        Trouble::Refused(Class::Malformed),
        Trouble::Refused(Class::Throttled(None)),
        Trouble::Refused(Class::Denied),
        Trouble::Hangs,
        Trouble::Cut,
    ];
    let each = (1..=5).flat_map(|page| troubles.map(|trouble| (Some(page), trouble)));
    // Of pages that say different sizes of the list, the last one counts.
    for (page, trouble) in each.chain([(None, Trouble::Counts(3))]) {
        on_a_paused_clock(async {
            let faults = vec![PageFault { during: mins(9)..secs(650), page, trouble }];
            let sae = sae(45).with_directory(in_pages_of(10)).with_page_faults(faults);
            let mut operator = watching_nothing(sae, 60);
            let set = Set::new("all");
            set.read(&operator.polls, 1);
            operator.work_until(mins(9)).await;
            let before = lists(&operator, 0).list.unwrap();
            assert_eq!(before.applications.len(), 45);
            operator.work_until(secs(655)).await;
            let during = lists(&operator, 0);
            assert_eq!(during.list.unwrap(), before, "page {page:?}: {trouble:?}");
            match trouble {
                Trouble::Cut | Trouble::Counts(_) => assert!(during.unsettled.is_some()),
                Trouble::Refused(_) | Trouble::Hangs => assert_eq!(during.failures, 1),
            }
            assert_eq!(during.failure.is_some(), during.failures > 0);
            operator.work_until(mins(75)).await;
            let after = lists(&operator, 0);
            let list = after.list.unwrap();
            assert_eq!(list.applications, before.applications);
            assert!(list.row_start > before.sequence, "page {page:?}: {trouble:?} ends the row");
            assert_eq!((after.unsettled, after.failures, after.failure), (None, 0, None));
        });
    }
}

#[test]
fn a_count_that_differs_by_the_same_in_three_lists_is_believed() {
    on_a_paused_clock(async {
        let faults = vec![PageFault { during: secs(0)..mins(60), page: None, trouble: Trouble::Counts(2) }];
        let mut operator = watching_nothing(sae(5).with_page_faults(faults), 60);
        let mut set = Set::new("all");
        set.read(&operator.polls, 1);
        operator.work_until(mins(2)).await;
        assert_eq!(set.notified(), 2);
        let two = lists(&operator, 0);
        assert_eq!((two.list, two.unsettled), (None, Some(2)));
        operator.work_until(mins(4)).await;
        let three = lists(&operator, 0);
        let list = three.list.unwrap();
        assert_eq!((list.difference, list.applications.len(), three.unsettled), (Some(2), 5, None));
    });
}

#[test]
fn where_lists_are_refused_the_set_is_notified_at_once_and_asked_for_after_an_hour() {
    on_a_paused_clock(async {
        let denied = Fault {
            during: secs(0)..mins(30),
            operation: Some(Operation::Applications),
            app: None,
            class: Class::Denied,
        };
        let mut operator = watching_nothing(sae(5).with_faults(vec![denied]), 30);
        let mut set = Set::new("all");
        set.read(&operator.polls, 2);
        operator.work_until(mins(59)).await;
        assert_eq!((set.notified(), operator.sae.calls().len()), (2, 2));
        let RegionLists { failures, failure, .. } = lists(&operator, 1);
        let class = failure.map(|failure| failure.class);
        assert_eq!((failures, class), (1, Some(FailureClass::Permanent(Reason::AccessDenied))));
        assert_eq!(operator.polls.stats().lists_denied[0], (Operation::Applications, 2));
        operator.work_until(mins(62)).await;
        assert!(lists(&operator, 1).list.is_some());
    });
}

#[test]
fn rejected_credentials_are_the_failure_of_every_list_until_they_are_accepted() {
    on_a_paused_clock(async {
        let rejected = Fault {
            during: secs(0)..secs(30),
            operation: Some(Operation::Groups),
            app: None,
            class: Class::CredentialsRejected,
        };
        let mut operator = watching_nothing(sae(5).with_faults(vec![rejected]), 30);
        operator.watch_all([Watch::new(0)]);
        operator.work_until(secs(3)).await;
        let mut set = Set::new("all");
        set.read(&operator.polls, 1);
        operator.work_until(mins(5)).await;
        let RegionLists { list, failure, .. } = lists(&operator, 0);
        let class = failure.map(|failure| failure.class);
        assert_eq!(class, Some(FailureClass::Permanent(Reason::AuthenticationFailed)));
        assert!(list.is_none(), "no call was needed to know");
        operator.polls.credentials_changed();
        operator.work_until(mins(6)).await;
        assert!(set.notified() > 0 && lists(&operator, 0).failure.is_none());
    });
}

#[test]
fn what_no_set_reads_any_more_is_neither_listed_nor_kept() {
    on_a_paused_clock(async {
        let mut operator = watching_nothing(sae(45).with_directory(in_pages_of(10)), 30);
        let (mut one, mut other) = (Set::new("one"), Set::new("other"));
        one.read(&operator.polls, 1);
        other.read(&operator.polls, 1);
        operator.work_until(mins(1)).await;
        let kept = Arc::downgrade(&lists(&operator, 0).list.unwrap());
        one.read(&operator.polls, 0);
        one.notified();
        operator.work_until(secs(605)).await;
        let calls = operator.sae.calls().len();
        assert!(calls > 6, "a list is under way");
        other.read(&operator.polls, 0);
        assert_eq!((kept.strong_count(), lists(&operator, 0)), (0, RegionLists::default()));
        operator.work_until(mins(30)).await;
        assert!(operator.sae.calls().len() <= calls + 1, "a call that was on its way");
        other.notified();
        other.read(&operator.polls, 1);
        operator.work_until(mins(31)).await;
        assert!(lists(&operator, 0).list.is_some(), "and back at once");
        assert_eq!((one.notified(), other.notified()), (0, 1));

        operator.work_until(mins(40) + secs(5)).await;
        other.read(&operator.polls, 0);
        other.read(&operator.polls, 1);
        operator.work_until(mins(41) + secs(30)).await;
        assert!(lists(&operator, 0).list.is_some(), "also when it comes back during the list that it left");
    });
}

#[test]
fn coverage_is_that_of_the_newest_complete_list_and_ends_after_an_hour() {
    on_a_paused_clock(async {
        let denied = Fault {
            during: mins(15)..mins(300),
            operation: Some(Operation::Applications),
            app: None,
            class: Class::Denied,
        };
        let mut operator = watching_nothing(sae(10).with_faults(vec![denied]), 30);
        operator.watch_all((0..3).map(Watch::new));
        // A second watch of one application, and one of an application that is not there.
        operator.watch(&watch_id("again"), Watch { groups: Some(vec!["g-0".into()]), ..Watch::new(0) });
        operator.watch(&watch_id("gone"), Watch::new(99));
        let set = Set::new("all");
        set.read(&operator.polls, 1);
        let coverage = |operator: &Operator| {
            let coverage = operator.polls.stats().coverage;
            coverage.iter().map(|one| (one.applications, one.watched)).collect::<Vec<_>>()
        };
        assert!(coverage(&operator).is_empty());
        operator.work_until(mins(5)).await;
        assert_eq!(coverage(&operator), [(10, 3)]);
        operator.watch_all((3..6).map(Watch::new));
        operator.work_until(mins(14)).await;
        assert_eq!(coverage(&operator), [(10, 6)]);
        operator.work_until(mins(69)).await;
        assert_eq!(coverage(&operator), [(10, 6)], "the list is still new enough");
        operator.work_until(mins(73)).await;
        assert!(coverage(&operator).is_empty());
    });
}

#[test]
fn a_larger_budget_brings_the_lists_forward() {
    on_a_paused_clock(async {
        let mut operator = watching_nothing(sae(80).with_regions_of(10), 1);
        let mut set = Set::new("all");
        set.read(&operator.polls, 8);
        operator.work_until(mins(5)).await;
        assert_eq!(set.notified(), 2, "one in three minutes");
        operator.polls.set_budget(60);
        operator.work_until(mins(6)).await;
        assert_eq!(set.notified(), 6);
    });
}

#[test]
fn a_set_that_reads_the_same_again_changes_nothing() {
    let calls = |times| {
        on_a_paused_clock(async {
            let mut operator = watching_nothing(sae(80).with_regions_of(10), 30);
            let set = Set::new("all");
            for second in 0..1800_u64 {
                if second < times {
                    set.read(&operator.polls, 8);
                }
                operator.work_until(Duration::from_secs(second)).await;
            }
            operator.sae.calls()
        })
    };
    assert_eq!(calls(1), calls(1800));
}

#[test]
fn a_denied_region_is_asked_again_when_it_is_new_to_all_sets() {
    for (watch, swept) in [(slow as fn(usize) -> Watch, true), (Watch::new, false)] {
        on_a_paused_clock(async {
            let denied = Fault {
                during: secs(0)..mins(20),
                operation: Some(Operation::Applications),
                app: None,
                class: Class::Denied,
            };
            let mut operator = watching_nothing(sae(5).with_faults(vec![denied]), 30);
            operator.watch_all((0..5).map(watch));
            for (from, until) in [(10, 12), (21, 23)] {
                operator.work_until(mins(from)).await;
                let set = Set::new("all");
                set.read(&operator.polls, 1);
                operator.work_until(mins(until)).await;
                let RegionLists { list, failure, .. } = lists(&operator, 0);
                let class = failure.map(|failure| failure.class);
                let denied = (until < 20).then_some(FailureClass::Permanent(Reason::AccessDenied));
                assert_eq!(class, denied, "swept: {swept}");
                assert_eq!(list.is_some(), until > 20);
                set.read(&operator.polls, 0);
            }
        });
    }
}
