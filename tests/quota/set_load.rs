//! What new and changed watches of sets take of the budget, and what they leave to others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use saewatch::api::Health;

use crate::plan::Plan;
use crate::slow;
use crate::world::app::{App, Apps, Change, name};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Call, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

/// How many applications have been watched for long, and how many a set adds.
const OLD: usize = 100;
const NEW: usize = 600;
/// When the set comes.
const COMES: Duration = mins(60);

/// The instants of the calls for the applications of the set, until each was answered first.
fn first_answers(
    operator: &Operator,
    new: impl Fn(usize) -> bool,
) -> (Vec<Duration>, BTreeMap<usize, Duration>) {
    let mut answered = BTreeMap::new();
    for look in operator.looks.iter().filter(|look| look.at >= COMES && new(look.app)) {
        answered.entry(look.app).or_insert(look.at);
    }
    let of_set = |call: &Call| {
        let app = call.app.as_deref()?.trim_start_matches("app-").parse().ok().filter(|app| new(*app))?;
        let until = answered.get(&app).copied().unwrap_or(Duration::MAX);
        (call.at >= COMES && call.at <= until).then_some(call.at)
    };
    (operator.sae.calls().iter().filter_map(of_set).collect(), answered)
}

/// Applications that are watched for an hour before anything happens.
async fn settled(apps: usize, script: Vec<Change>) -> Operator {
    let sae = Arc::new(Sae::new(Apps::new(vec![App::well(2); apps], script)));
    let mut operator = Operator::start(sae, 30, Plan::steady());
    operator.watch_all((0..OLD).map(slow));
    operator.work_until(COMES).await;
    operator
}

#[test]
fn six_hundred_new_watches_of_a_set_take_half_of_the_calls_and_hold_up_nobody() {
    on_a_paused_clock(async {
        // An instance of one of the others dies every five minutes.
        let dies =
            |n: u32| Change { at: COMES + mins(5) * n, app: n as usize, to: App { down: 1, ..App::well(2) } };
        let mut operator = settled(OLD + NEW, (1..16).map(dies).collect()).await;
        operator.watch_all((OLD..OLD + NEW).map(|app| Watch { of_set: true, ..slow(app) }));
        for n in 0..30 {
            let asked = watch_id(&name(50 + n));
            let watch = Watch { request: Some("now".into()), ..operator.watches[&asked].clone() };
            let at = operator.sae.passed();
            operator.watch(&asked, watch);
            operator.work_until(at + secs(15)).await;
            assert_eq!(
                operator.paces[&asked].token_served.as_deref(),
                Some("now"),
                "a refresh waits for no set"
            );
            operator.work_until(COMES + mins(3 * (n as u64 + 1))).await;
        }

        let (calls, answered) = first_answers(&operator, |app| app >= OLD);
        for (first, last) in calls.iter().zip(calls.iter().skip(15)) {
            assert!(last.saturating_sub(*first) >= secs(60), "more than half in the minute from {first:?}");
        }
        assert_eq!(answered.len(), NEW);
        let took = answered.values().max().unwrap().saturating_sub(COMES);
        assert!(took <= mins(2 * NEW as u64 / 14 + 1), "two calls each at 14 a minute: {took:?}");

        for n in 1..16 {
            let Change { at, app, .. } = dies(n);
            let seen = operator.looks.iter().filter(|look| look.app == app && look.running == 1);
            let seen: Vec<_> = seen.map(|look| look.at).collect();
            let (first, second) = (seen[0].abs_diff(at), seen[1].abs_diff(seen[0]));
            assert!(first <= mins(2), "moved counts wait for no set: {first:?}");
            assert!(second <= secs(15), "a confirmation waits for no set: {second:?}");
        }
        for app in 0..OLD {
            let looks = operator.looks.iter().filter(|look| look.app == app && look.at >= COMES);
            assert!(looks.count() > 0, "app {app} starved");
            // All of them at half of the calls would be 50 minutes, and what is shown comes in steps.
            assert!(operator.slowest[&app] <= mins(120), "{:?}", operator.slowest[&app]);
        }
    });
}

#[test]
fn a_watch_that_somebody_makes_on_the_same_application_does_not_wait_with_those_of_the_set() {
    on_a_paused_clock(async {
        let mut operator = settled(OLD + NEW, Vec::new()).await;
        operator.watch_all((OLD..OLD + NEW).map(|app| Watch { of_set: true, ..slow(app) }));
        operator.work_until(COMES + mins(1)).await;
        let by_hand = watch_id("by-hand");
        operator.watch(&by_hand, slow(OLD + NEW - 1));
        operator.work_until(COMES + mins(1) + secs(15)).await;
        assert!(operator.paces[&by_hand].last.is_some());
    });
}

#[test]
fn a_changed_template_leaves_every_watch_its_polls_by_the_clock_and_reaches_all() {
    on_a_paused_clock(async {
        let mut operator = settled(OLD, Vec::new()).await;
        let changed: Vec<_> =
            operator.watches.iter().map(|(id, watch)| (id.clone(), watch.clone())).collect();
        for (id, watch) in changed {
            operator.watch(&id, Watch { generation: 2, of_set: true, ..watch });
        }
        operator.work_until(COMES + mins(40)).await;
        assert!(operator.watches.values().all(|watch| watch.observed_generation == 2));
        for app in 0..OLD {
            let looks: Vec<_> =
                operator.looks.iter().filter(|look| look.app == app && look.at >= mins(30)).collect();
            let longest = looks.windows(2).map(|pair| pair[1].at.saturating_sub(pair[0].at)).max().unwrap();
            assert!(longest <= operator.slowest[&app] * 2 + secs(30), "app {app} waited {longest:?}");
        }
    });
}

#[test]
fn with_nothing_else_to_do_a_set_still_has_half_and_the_rest_is_left() {
    for calls_per_minute in [1, 7, 30] {
        on_a_paused_clock(async {
            let sae = Arc::new(Sae::new(Apps::new(vec![App::well(1); 40], Vec::new())));
            let mut operator = Operator::start(sae, calls_per_minute, Plan::steady());
            operator.watch_all((0..40).map(|app| Watch {
                of_set: true,
                interval: mins(600),
                ..Watch::new(app)
            }));
            operator.work_until(mins(20)).await;
            let calls: Vec<_> =
                operator.sae.calls().iter().filter(|call| call.app.is_some()).map(|call| call.at).collect();
            let most = calls_per_minute.div_ceil(2) as usize;
            for (first, last) in calls.iter().zip(calls.iter().skip(most)) {
                assert!(
                    last.saturating_sub(*first) >= secs(60),
                    "more than {most} in the minute from {first:?}"
                );
            }
            let least = (20 * calls_per_minute as usize * 9 / 20).min(80) - 1;
            assert!(calls.len() >= least, "{} of {least}", calls.len());
            let apps: BTreeSet<_> = operator.looks.iter().map(|look| look.app).collect();
            assert!(apps.len() >= least / 2);
        });
    }
}

#[test]
fn unwell_or_not_what_a_set_made_is_confirmed_as_any_other() {
    on_a_paused_clock(async {
        let sick = Change { at: COMES, app: 0, to: App { unready: 1, ..App::well(2) } };
        let mut operator = settled(OLD, vec![sick]).await;
        let watch = Watch { generation: 2, of_set: true, ..operator.watches[&watch_id(&name(0))].clone() };
        operator.watch(&watch_id(&name(0)), watch);
        operator.work_until(COMES + mins(2)).await;
        let looks: Vec<_> = operator.looks.iter().filter(|look| look.app == 0 && look.unready == 1).collect();
        assert!(looks[1].at.abs_diff(looks[0].at) <= secs(15));
        assert_eq!(operator.watches[&watch_id(&name(0))].health, Health::Degraded);
    });
}
