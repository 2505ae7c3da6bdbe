//! How often groups are read.

use std::time::Duration;

use saewatch::domain::{Attempt, FailureClass, Reason};
use saewatch::sae::{Class, Operation};

use crate::world::app::{App, Change, name};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::Fault;
use crate::world::{mins, on_a_paused_clock, secs};
use crate::{operator, slow};

const WELL: App = App::well(3);

fn change(at: Duration, to: App) -> Vec<Change> {
    vec![Change { at, app: 0, to }]
}

/// How often the groups of one application were read between two moments.
async fn reads(script: Vec<Change>, from: Duration, to: Duration) -> usize {
    let mut operator = operator(vec![WELL], script, Vec::new());
    operator.work_until(from).await;
    let before = operator.sae.count(Operation::Groups, secs(0));
    operator.work_until(to).await;
    operator.sae.count(Operation::Groups, secs(0)) - before
}

#[test]
fn a_quiet_application_costs_one_call_a_poll_and_its_groups_one_every_ten_minutes() {
    on_a_paused_clock(async {
        assert_eq!(reads(Vec::new(), mins(5), mins(65)).await, 6);
    });
}

#[test]
fn a_slow_target_reads_its_groups_with_every_tenth_poll() {
    on_a_paused_clock(async {
        // Where no list shows that they change.
        let denied = Fault {
            during: secs(0)..mins(160),
            operation: Some(Operation::Applications),
            app: None,
            class: Class::Denied,
        };
        let mut operator = operator(vec![WELL], Vec::new(), vec![denied]);
        operator.watch_all([slow(0)]);
        operator.work_until(mins(160)).await;
        let polls = operator.sae.count(Operation::Instances, secs(0));
        assert_eq!(operator.sae.count(Operation::Groups, secs(0)), 1 + (polls - 1) / 10, "{polls} polls");
    });
}

#[test]
fn another_number_of_instances_than_wanted_is_looked_into_once() {
    on_a_paused_clock(async {
        // It scales out: SAE lists four, and three were wanted by what is known.
        assert_eq!(reads(change(mins(5) + secs(1), App::well(4)), mins(5), mins(9)).await, 1);
    });
}

#[test]
fn fewer_that_are_well_are_looked_into_and_more_that_are_unwell_by_saes_word_too() {
    on_a_paused_clock(async {
        for sick in [App { down: 1, ..WELL }, App { unready: 1, ..WELL }] {
            assert_eq!(reads(change(mins(5) + secs(1), sick), mins(5), mins(9)).await, 1);
        }
    });
}

#[test]
fn groups_made_anew_are_found_in_the_same_poll() {
    on_a_paused_clock(async {
        let script = change(mins(5) + secs(1), App { era: 1, groups: 2, ..WELL });
        let mut operator = operator(vec![WELL], script, Vec::new());
        operator.work_until(mins(7)).await;
        let pace = &operator.paces[&watch_id(&name(0))];
        assert_eq!((pace.last.clone(), pace.failures), (Some(Attempt::Observed), 0));
        assert_eq!(operator.looks.last().map(|look| look.running), Some(6));
    });
}

#[test]
fn an_application_without_groups_is_asked_for_them_with_every_poll() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App { groups: 0, ..WELL }], change(mins(30), WELL), Vec::new());
        operator.work_until(mins(30)).await;
        assert!(
            (29..=31).contains(&operator.sae.count(Operation::Groups, secs(0))),
            "nothing else tells anything"
        );
        assert_eq!(operator.polls.stats().in_flight, 0);
        operator.work_until(mins(32)).await;
        assert_eq!(operator.looks.last().map(|look| look.running), Some(3));
    });
}

#[test]
fn groups_made_anew_while_they_are_asked_for_are_read_once_more() {
    on_a_paused_clock(async {
        // A poll of ten groups takes 20 s; nine of them go meanwhile.
        let script = change(secs(11), WELL);
        let mut operator = operator(vec![App { groups: 10, ..WELL }], script, Vec::new());
        operator.work_until(mins(1)).await;
        let pace = &operator.paces[&watch_id(&name(0))];
        assert_eq!((pace.last.clone(), pace.failures), (Some(Attempt::Observed), 0));
        assert_eq!(operator.looks.last().map(|look| look.running), Some(3));
    });
}

#[test]
fn a_named_group_that_is_gone_is_said_so() {
    on_a_paused_clock(async {
        let mut operator = operator(Vec::new(), Vec::new(), Vec::new());
        drop(std::mem::take(&mut operator.watches));
        let apps = crate::world::app::Apps::new(vec![App { groups: 2, ..WELL }], change(mins(5), WELL));
        let sae = std::sync::Arc::new(crate::world::sae::Sae::new(apps));
        let mut operator = Operator::start(sae, 30, operator.clock.clone());
        let named = Watch { groups: Some(vec!["g-1".into()]), ..Watch::new(0) };
        operator.watch(&watch_id("named"), named);
        operator.work_until(mins(4)).await;
        assert_eq!(operator.looks.last().map(|look| look.running), Some(3), "the named one alone");
        operator.work_until(mins(8)).await;
        let Some(Attempt::Failed(failure)) = operator.paces[&watch_id("named")].last.clone() else {
            panic!("the group is gone")
        };
        assert_eq!(failure.class, FailureClass::Permanent(Reason::GroupNotFound));
        assert!(failure.message.contains("g-1"), "{}", failure.message);
    });
}

#[test]
fn while_the_pre_check_covers_them_groups_are_not_read_at_all() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![WELL; 20], Vec::new(), Vec::new());
        operator.watch_all((0..20).map(slow));
        operator.work_until(mins(120)).await;
        assert_eq!(operator.sae.count(Operation::Groups, secs(0)), 20);
    });
}
