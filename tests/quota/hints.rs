//! The list of abnormal instances, and the polls for its hints.

use std::sync::Arc;
use std::time::Duration;

use saewatch::sae::{Class, Operation};

use crate::plan::Plan;
use crate::slow;
use crate::world::app::{App, Apps, Change};
use crate::world::availability::Kind;
use crate::world::operator::Operator;
use crate::world::sae::{Fault, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

const WELL: App = App::well(3);
const UNREADY: App = App { unready: 1, ..WELL };
/// From sweep to sweep of 400 applications, while no hint was confirmed yet.
const SWEEP: Duration = secs(24);

fn operator(apps: usize, script: &[(Duration, usize, App)], kind: Kind, faults: Vec<Fault>) -> Operator {
    let script = script.iter().map(|(at, app, to)| Change { at: *at, app: *app, to: *to }).collect();
    let sae = Sae::new(Apps::new(vec![WELL; apps], script)).with_availability(kind, 1).with_faults(faults);
    let mut operator = Operator::start(Arc::new(sae), 30, Plan::steady());
    operator.watch_all((0..apps).map(slow));
    operator
}

fn denied(operation: Operation) -> Vec<Fault> {
    vec![Fault { during: secs(0)..mins(300), operation: Some(operation), app: None, class: Class::Denied }]
}

/// How long after a moment an application was looked at first.
fn delay(operator: &Operator, app: usize, since: Duration) -> Duration {
    let look = operator.looks.iter().find(|look| look.app == app && look.at >= since);
    look.map_or(Duration::MAX, |look| look.at.saturating_sub(since))
}

#[test]
fn a_failing_probe_that_moves_no_count_is_polled_within_two_sweeps() {
    on_a_paused_clock(async {
        let mut operator = operator(400, &[(mins(60), 300, UNREADY)], Kind::Honest(secs(0)), Vec::new());
        operator.work_until(mins(62)).await;
        let delay = delay(&operator, 300, mins(60));
        assert!(delay <= 2 * SWEEP, "{delay:?}");
        assert_eq!(operator.looks.iter().rfind(|look| look.app == 300).map(|look| look.unready), Some(1));
    });
}

#[test]
fn each_list_shows_what_it_shows_while_the_other_one_is_denied() {
    let dead = App { down: 1, ..WELL };
    for (list, seen) in [(Operation::Availability, dead), (Operation::Applications, UNREADY)] {
        on_a_paused_clock(async {
            let mut operator = operator(400, &[(mins(90), 300, seen)], Kind::Honest(secs(0)), denied(list));
            operator.work_until(mins(92)).await;
            let delay = delay(&operator, 300, mins(90));
            assert!(delay <= 2 * SWEEP, "{delay:?} without {list:?}");
            assert!(operator.sae.count(list, secs(0)) <= 2, "off for an hour");
            let lists = [Operation::Applications, Operation::Availability];
            let expected = lists.map(|one| (one, usize::from(one == list)));
            assert_eq!(operator.polls.stats().lists_denied, expected);
            assert!(operator.paces.values().all(|pace| pace.failures == 0), "and nobody is stalled");
        });
    }
}

#[test]
fn a_region_where_both_lists_are_denied_is_tried_once_an_hour() {
    on_a_paused_clock(async {
        let both = [Operation::Applications, Operation::Availability].map(denied).concat();
        let mut operator = operator(30, &[], Kind::Empty, both);
        operator.work_until(mins(150)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 3);
        assert_eq!(operator.sae.count(Operation::Availability, secs(0)), 3);
    });
}

#[test]
fn what_is_hinted_at_in_vain_is_polled_for_it_once_an_hour_in_the_end() {
    on_a_paused_clock(async {
        let mut operator = operator(400, &[], Kind::Noisy, Vec::new());
        operator.work_until(mins(600)).await;
        let of =
            |app: usize| operator.looks.iter().filter(|look| look.app == app && look.at > mins(300)).count();
        let (noisy, quiet) = (of(20), of(21));
        assert!(noisy > quiet, "hints are polled for: {noisy} and {quiet}");
        assert!(noisy <= quiet + 5, "but rarely: {noisy} and {quiet}");
    });
}

#[test]
fn a_list_that_misses_what_polls_find_is_read_in_every_tenth_sweep_until_it_confirms() {
    on_a_paused_clock(async {
        let sick: Vec<_> = (0..30).map(|app| (mins(60), 13 * app, UNREADY)).collect();
        let mut operator = operator(400, &sick, Kind::Empty, Vec::new());
        operator.work_until(mins(150)).await;
        let of = |operation| operator.sae.count(operation, mins(120));
        let (sweeps, lists) = (of(Operation::Applications), of(Operation::Availability));
        assert!((sweeps / 10..=sweeps / 10 + 1).contains(&lists), "{lists} of {sweeps}");
        operator.sae.set_availability(Kind::Honest(secs(0)), 1);
        operator.work_until(mins(180)).await;
        let of = |operation| operator.sae.count(operation, mins(160));
        let (sweeps, lists) = (of(Operation::Applications), of(Operation::Availability));
        assert!(lists * 10 <= sweeps + 20, "who was polled already has nothing new: {lists} of {sweeps}");
    });
}

#[test]
fn a_list_that_was_of_no_use_is_read_again_in_every_sweep_once_it_confirms_a_hint() {
    on_a_paused_clock(async {
        let mut script: Vec<_> = (0..30).map(|app| (mins(60), 13 * app, UNREADY)).collect();
        script.extend(
            (0..20_u32).map(|number| (mins(160) + mins(1) * number, 13 * number as usize + 1, UNREADY)),
        );
        let mut operator = operator(400, &script, Kind::Empty, Vec::new());
        operator.work_until(mins(150)).await;
        operator.sae.set_availability(Kind::Honest(secs(0)), 1);
        operator.work_until(mins(240)).await;
        let of = |operation| operator.sae.count(operation, mins(200));
        let (sweeps, lists) = (of(Operation::Applications), of(Operation::Availability));
        assert!(lists + 1 >= sweeps, "{lists} of {sweeps}");
    });
}
