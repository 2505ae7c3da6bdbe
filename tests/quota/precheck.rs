//! The pre-check.

use saewatch::sae::{Class, Operation};

use crate::operator;
use crate::world::app::{App, Change};
use crate::world::sae::Fault;
use crate::world::{mins, on_a_paused_clock, secs};

const WELL: App = App::well(3);

#[test]
fn from_twenty_targets_in_a_region_one_list_tells_whose_numbers_moved() {
    on_a_paused_clock(async {
        let mut few = operator(vec![WELL; 19], Vec::new(), Vec::new());
        few.work_until(mins(10)).await;
        assert_eq!(few.sae.count(Operation::Applications, secs(0)), 0);

        let mut many = operator(vec![WELL; 20], Vec::new(), Vec::new());
        many.work_until(mins(60)).await;
        let lists = many.sae.count(Operation::Applications, secs(0));
        assert!(lists <= 60 * 30 / 5, "{lists} are more than a fifth of the budget");
        assert!(lists >= 60 * 3, "{lists}");
    });
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
        operator.work_until(mins(59)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1);
        assert_eq!(
            operator.polls.stats().lists_denied,
            [(Operation::Applications, 1), (Operation::Availability, 0)]
        );
        assert!(operator.paces.values().all(|pace| pace.failures == 0));
        assert!(
            operator.sae.count(Operation::Groups, mins(15)) > 25,
            "so groups are read now and then again"
        );
        operator.work_until(mins(150)).await;
        assert!(operator.sae.count(Operation::Applications, mins(119)) > 10, "back after the second hour");
        assert_eq!(operator.polls.stats().lists_denied.map(|(_, regions)| regions), [0, 0]);
    });
}
