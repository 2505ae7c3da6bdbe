//! A restart asks nobody sooner.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use crate::plan::{Plan, Story, many};
use crate::world::app::{App, name};
use crate::world::{mins, secs};

/// By then every target is polled at its fixed points.
const SETTLED: u64 = 30 * 60;

/// Worlds in which every poll succeeds and the budget carries every interval with room to spare. (What a restart
/// changes while it does not is a row of `make bench`.)
fn settled_plan() -> impl Strategy<Value = Plan> {
    (1..40_u32, 15..120_u64, 150..250_u32).prop_map(|(apps, interval, percent)| Plan {
        apps: vec![App::well(2); apps as usize],
        interval: secs(interval),
        // Ten calls a minute more, for pre-check and groups.
        calls_per_minute: 10 + apps * percent * 60 / 100 / u32::try_from(interval).expect("two minutes"),
        latency: Duration::from_millis(100),
        script: Vec::new(),
        faults: Vec::new(),
        restarts: Vec::new(),
        long: mins(40),
    })
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn nobody_is_asked_sooner_than_without_the_restart(
        plan in settled_plan(), at in SETTLED..SETTLED + 300, away in 0..8_000_u64,
    ) {
        let (at, away) = (secs(at), Duration::from_millis(away));
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
