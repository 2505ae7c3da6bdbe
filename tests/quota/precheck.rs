//! The pre-check.

use std::sync::Arc;

use saewatch::sae::{Class, Operation};

use crate::plan::Plan;
use crate::world::app::{App, Apps, Change, name};
use crate::world::directory::Directory;
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Fault, PageLimit, Sae};
use crate::world::{mins, on_a_paused_clock, secs};
use crate::{operator, slow};

const WELL: App = App::well(3);

#[test]
fn a_region_is_swept_while_any_of_its_targets_is_polled_less_often_than_every_minute() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![WELL; 20], Vec::new(), Vec::new());
        operator.work_until(mins(10)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1, "for their names");
        assert_eq!(operator.sae.count(Operation::Availability, secs(0)), 0);

        operator.watch_all([slow(0)]);
        operator.work_until(mins(70)).await;
        let lists = operator.sae.count(Operation::Applications, mins(10));
        assert!(lists >= 60 * 60 / 40, "{lists}");
        let lists = lists + operator.sae.count(Operation::Availability, mins(10));
        assert!(lists <= 60 * 30 / 3, "{lists} are more than a third of the budget");

        operator.watch_all([Watch::new(0)]);
        operator.work_until(mins(80)).await;
        assert_eq!(operator.sae.count(Operation::Applications, mins(71)), 0);
    });
}

#[test]
fn what_fits_the_budget_without_sweeps_is_not_slowed_down_by_them() {
    on_a_paused_clock(async {
        // Reading the groups of all of them for the first time is more than the budget carries at once.
        let mut operator = operator(vec![WELL; 26], Vec::new(), Vec::new());
        operator.work_until(mins(120)).await;
        assert_eq!(operator.sae.count(Operation::Applications, mins(60)), 0);
        assert_eq!(operator.polls.stats().slowed, 0);
    });
}

#[test]
fn one_application_is_not_listed_more_often_than_a_poll_a_minute_would_cost() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![WELL], Vec::new(), Vec::new());
        operator.watch_all([slow(0)]);
        operator.work_until(mins(60)).await;
        let lists =
            [Operation::Applications, Operation::Availability].map(|list| operator.sae.count(list, secs(0)));
        assert!(lists.iter().sum::<usize>() <= 62, "{lists:?}");
    });
}

#[test]
fn where_a_large_page_is_refused_or_shortened_the_small_one_is_asked_for_at_once_and_from_then_on() {
    for limit in [PageLimit::Refuse, PageLimit::Shorten] {
        on_a_paused_clock(async {
            let apps = Apps::new(vec![WELL; 450], Vec::new());
            let sae = Arc::new(Sae::new(apps).with_page_limit(limit));
            let mut operator = Operator::start(sae.clone(), 600, Plan::steady());
            operator.watch_all((0..450).map(slow));
            operator.work_until(mins(20)).await;
            let lists = sae.count(Operation::Applications, secs(0));
            let sweeps = sae.count(Operation::Availability, secs(0));
            // One of a thousand, and three of 200 in every sweep.
            assert!(
                (3 * sweeps - 2..=3 * sweeps + 1).contains(&lists),
                "{lists} in {sweeps} sweeps, {limit:?}"
            );
            assert_eq!(operator.polls.stats().lists_denied.map(|(_, regions)| regions), [0, 0]);
        });
    }
}

#[test]
fn an_application_whose_numbers_moved_is_polled_at_once_with_its_groups() {
    on_a_paused_clock(async {
        let dead = App { down: 1, ..WELL };
        let scaled = App::well(5);
        let script = [(mins(60), 17, dead), (mins(70), 42, scaled)];
        let script = script.map(|(at, app, to)| Change { at, app, to });
        let mut operator = operator(vec![WELL; 200], script.into(), Vec::new());
        operator.work_until(mins(80)).await;
        for change in script {
            let look = operator.looks.iter().find(|look| look.app == change.app && look.at >= change.at);
            let delay = look.unwrap().at.saturating_sub(change.at);
            assert!(delay <= secs(30), "{delay:?}");
            assert_eq!(i64::try_from(look.unwrap().running), Ok(change.to.running()));
        }
    });
}

#[test]
fn what_a_poll_has_seen_already_is_not_polled_again() {
    on_a_paused_clock(async {
        // Within its interval each application is polled oftener than it is listed.
        let death = Change { at: mins(30), app: 3, to: App { down: 1, ..WELL } };
        let mut operator = operator(vec![WELL; 20], vec![death], Vec::new());
        operator.watch_all([slow(0)]);
        operator.work_until(mins(30) + secs(20)).await;
        let looks = operator.looks.iter().filter(|look| look.app == 3 && look.at >= mins(30)).count();
        assert!(looks <= 2, "{looks} looks: the one that saw it, and the one that confirms");
    });
}

#[test]
fn where_it_is_denied_it_is_off_for_an_hour_and_nobody_is_stalled() {
    on_a_paused_clock(async {
        let denied = Fault {
            during: secs(0)..mins(90),
            operation: Some(Operation::Applications),
            app: None,
            class: Class::Denied,
        };
        let mut operator = operator(vec![WELL; 25], Vec::new(), vec![denied]);
        operator.watch_all((0..25).map(slow));
        operator.work_until(mins(59)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1);
        assert_eq!(
            operator.polls.stats().lists_denied,
            [(Operation::Applications, 1), (Operation::Availability, 0)]
        );
        assert!(operator.paces.values().all(|pace| pace.failures == 0));
        assert!(operator.sae.count(Operation::Availability, secs(0)) > 100, "the other list goes on");
        operator.work_until(mins(89)).await;
        assert!(
            operator.sae.count(Operation::Groups, mins(15)) >= 25,
            "so groups are read now and then again"
        );
        operator.work_until(mins(150)).await;
        assert!(operator.sae.count(Operation::Applications, mins(119)) > 10, "back after the second hour");
        assert_eq!(operator.polls.stats().lists_denied.map(|(_, regions)| regions), [0, 0]);
    });
}

#[test]
fn no_further_page_is_asked_for_when_the_last_watch_of_a_region_has_left() {
    on_a_paused_clock(async {
        let directory = Directory { most_a_page: Some(10), ..Directory::default() };
        let sae = Sae::new(Apps::new(vec![WELL; 40], Vec::new())).with_directory(directory);
        let mut operator = Operator::start(Arc::new(sae), 6, Plan::steady());
        operator.watch_all([slow(0)]);
        let pages = |operator: &Operator| operator.sae.count(Operation::Applications, secs(0));
        while pages(&operator) == 0 {
            operator.work_until(operator.sae.passed() + secs(1)).await;
        }
        operator.forget(&watch_id(&name(0)));
        operator.work_until(operator.sae.passed() + mins(10)).await;
        assert_eq!(pages(&operator), 1);
    });
}
