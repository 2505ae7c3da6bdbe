//! A restart asks nobody sooner.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use saewatch::sae::Class;

use crate::plan::{Plan, Story, many, roomy_plan};
use crate::world::app::{App, name};
use crate::world::sae::Fault;
use crate::world::{mins, secs};

proptest! {
    #![proptest_config(many())]

    /// Where the budget carries every interval. (What a restart changes while it does not is a row of `make bench`.)
    #[test]
    fn nobody_is_asked_sooner_than_without_the_restart(
        plan in roomy_plan(), sixteenths in 0..16_u32, away in 0..8_000_u64,
    ) {
        // After six intervals every target is polled at its fixed points.
        let (at, away) = (plan.interval * 6 + plan.interval * sixteenths / 16, Duration::from_millis(away));
        let without = first_calls_after(at, &plan.play());
        let with = first_calls_after(at, &Plan { restarts: vec![(at, away)], ..plan.clone() }.play());
        for app in (0..plan.apps.len()).map(name) {
            let (without, with) = (without[&app], with[&app]);
            // Both are due at the same moment; the line there may be shorter than it was.
            let line = plan.spacing() * 5;
            prop_assert!(with + line >= without, "{app}: {with:?} instead of {without:?}");
        }
    }
}

fn first_calls_after(at: Duration, story: &Story) -> BTreeMap<String, Duration> {
    let mut first = BTreeMap::new();
    for call in story.calls.iter().filter(|call| call.at > at) {
        if let Some(app) = &call.app {
            first.entry(app.clone()).or_insert(call.at);
        }
    }
    first
}

/// After a pause all polls are late. A status written since then tells the next operator so.
#[test]
fn a_poll_that_came_late_is_not_followed_by_one_at_once_because_of_a_restart() {
    let throttled = Fault {
        during: mins(30)..mins(40) + secs(20),
        operation: None,
        app: None,
        class: Class::Throttled(Some(mins(5))),
    };
    let plan = Plan {
        apps: vec![App::well(1); 10],
        interval: mins(10),
        calls_per_minute: 60,
        latency: secs(1),
        script: Vec::new(),
        faults: vec![throttled],
        restarts: Vec::new(),
        long: mins(75),
    };
    let at = mins(47);
    let without = first_calls_after(at, &plan.play());
    let with = first_calls_after(at, &Plan { restarts: vec![(at, secs(2))], ..plan.clone() }.play());
    for (app, with) in with {
        assert!(with + secs(5) >= without[&app], "{app}: {with:?} instead of {:?}", without[&app]);
    }
}
