//! The laws, each in at least 500 random worlds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use saewatch::api::Health;
use saewatch::poll::Clock;
use saewatch::sae::Class;
use tokio::time::Instant;

use crate::plan::{Plan, Story, any_plan, calm_plan, many, roomy_plan};
use crate::world::app::{App, Apps, name};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock, secs};

/// So much sooner a call may follow one that was late.
const LATE: Duration = Duration::from_millis(5);

proptest! {
    #![proptest_config(many())]

    /// Through pages, retries, throttles, kills and restarts.
    #[test]
    fn no_60_seconds_hold_more_calls_than_the_budget(plan in any_plan()) {
        let Story { calls, .. } = plan.play();
        for pair in calls.windows(2) {
            prop_assert!(pair[1].at.saturating_sub(pair[0].at) + LATE >= plan.spacing(), "{pair:?}");
        }
        let most = plan.calls_per_minute as usize;
        for window in calls.windows(most + 1) {
            prop_assert!(window[most].at.saturating_sub(window[0].at) >= secs(60));
        }
    }

    /// But for a call that was throttled, which is no poll.
    #[test]
    fn nobody_is_polled_twice_within_five_seconds(plan in any_plan()) {
        // A list of several pages that changes meanwhile is read twice in one poll.
        let apps = plan.apps.iter().map(|app| App { wanted: app.wanted.min(100), ..*app }).collect();
        let plan = Plan { apps, script: Vec::new(), restarts: Vec::new(), ..plan };
        let mut last = BTreeMap::new();
        for call in plan.play().calls.into_iter().filter(|call| call.is_first) {
            // What is signed anew is asked again at once.
            if matches!(call.refused, Some(Class::Throttled(_) | Class::SignAnew)) {
                last.remove(&call.app);
                continue;
            }
            if let Some(last) = last.insert(call.app.clone(), call.at) {
                prop_assert!(call.at.saturating_sub(last) >= secs(5), "{call:?} after {last:?}");
            }
        }
    }

    /// It is late now and then and then catches up with its fixed points, but never gains on them.
    #[test]
    fn nobody_is_polled_by_the_clock_oftener_than_its_interval(plan in calm_plan()) {
        // One page of one group, so that a poll is easily told from the next.
        let apps = plan.apps.iter().map(|app| App { wanted: 1, groups: 1, ..*app }).collect();
        let plan = Plan { apps, long: mins(12), ..plan };
        for polls in plan.play().polls().into_values() {
            for (first, begin) in polls.iter().enumerate() {
                for (further, end) in polls[first..].iter().enumerate().skip(1) {
                    let least = plan.interval * u32::try_from(2 * further - 1).unwrap() / 2;
                    prop_assert!(end.saturating_sub(*begin) + secs(1) >= least, "{further} more in {begin:?}..{end:?}");
                }
            }
        }
    }

    /// However many wait by the clock. What is under way when the watch comes is past.
    #[test]
    fn a_new_watch_is_answered_within_its_own_calls_plus_two(
        waiting in prop::collection::vec((1..4_u32, any::<bool>()), 30..80),
        groups in 1..9_u32, calls_per_minute in 6..240_u32, at in 20..120_u64,
    ) {
        on_a_paused_clock(async {
            let mut apps: Vec<_> = waiting.iter().map(|(groups, _)| App { groups: *groups, ..App::well(1) }).collect();
            let new = apps.len();
            apps.push(App { groups, ..App::well(1) });
            let latency = secs(60) / calls_per_minute / 4;
            let sae = Arc::new(Sae::new(Apps::new(apps, Vec::new())).with_latency(latency));
            let mut operator = Operator::start(sae.clone(), calls_per_minute, Plan::steady());
            // Known, and so stale that each of them is due at once, some with a streak that is open.
            let waits = |(app, (_, streak)): (usize, &(u32, bool))| {
                Watch { observed_generation: 1, streak: *streak, health: Health::Healthy, ..Watch::new(app) }
            };
            operator.watch_all(waiting.iter().enumerate().map(waits));
            operator.work_until(secs(at)).await;
            let before = sae.calls().len();
            operator.watch(&watch_id("new"), Watch::new(new));
            while operator.looks.iter().all(|look| look.app != new) {
                prop_assert!(operator.work_until_news(&watch_id("new")).await);
            }
            let since = sae.calls().into_iter().skip(before);
            let (own, others): (Vec<_>, Vec<_>) = since.partition(|call| call.app == Some(name(new)));
            prop_assert_eq!(own.len(), 1 + groups as usize);
            prop_assert!(others.len() <= 2, "{} calls of others", others.len());
            Ok(())
        })?;
    }

    /// Whatever the load, the data of an application that answers never goes stale by the pace that is shown for it.
    #[test]
    fn the_age_of_what_is_shown_has_a_bound(plan in any_plan()) {
        let plan = Plan { faults: Vec::new(), restarts: Vec::new(), long: mins(20), ..plan };
        let Story { looks, slowest, .. } = plan.play();
        for app in 0..plan.apps.len() {
            let mut seen = looks.iter().filter(|look| look.app == app).map(|look| look.at);
            let mut last = seen.next();
            prop_assert!(last.is_some(), "{} starved", name(app));
            for at in seen.chain([plan.long]) {
                let (gap, shown) = (at.saturating_sub(last.unwrap_or_default()), slowest[&app]);
                prop_assert!(gap <= shown * 2 + secs(30), "{} waited {gap:?}, shown {shown:?}", name(app));
                last = Some(at);
            }
        }
    }

    /// Any number of watches on a target cost what the one with the shortest interval costs, and each of them sees
    /// every answer.
    #[test]
    fn watches_of_one_target_share_its_polls(plan in any_plan(), slower in prop::collection::vec(1..5_u32, 1..4)) {
        let plan = Plan { restarts: Vec::new(), ..plan };
        let alone = plan.play();
        let together = plan.play_with(Plan::steady, |operator| {
            for watch in plan.watches() {
                for (copy, times) in slower.iter().enumerate() {
                    let copied = Watch { interval: plan.interval * *times, ..watch.clone() };
                    operator.watch(&watch_id(&format!("{}-{copy}", name(watch.app))), copied);
                }
            }
        });
        prop_assert_eq!(&alone.calls, &together.calls);
        prop_assert_eq!(alone.looks.len() * (slower.len() + 1), together.looks.len());
    }

    /// The time of day may say what it likes once the operator has started: whom it asks when does not change. (Who
    /// gives way while the budget is short may, since that asks how long ago an application changed.)
    #[test]
    fn a_wall_clock_that_jumps_changes_no_call(
        plan in roomy_plan(), troubled in any_plan(), jumps in prop::collection::vec(-100_000..100_000_i64, 1..5),
    ) {
        let Plan { faults, .. } = troubled;
        let plan = Plan { faults, ..plan };
        let jumping = || {
            let (start, jumps) = (Instant::now(), jumps.clone());
            let from = Timestamp::from_second(1_800_000_000).expect("a time of day");
            Clock::new(move || {
                let passed = start.elapsed();
                let jump = jumps.get((passed.as_secs() / 60) as usize).filter(|_| passed > secs(15));
                let passed = SignedDuration::try_from(passed).expect("hours");
                from + passed + SignedDuration::from_secs(jump.copied().unwrap_or(0))
            })
        };
        prop_assert_eq!(plan.play().calls, plan.play_with(jumping, |_| {}).calls);
    }

    #[test]
    fn a_watch_that_is_gone_is_not_asked_for(plan in any_plan(), gone in any::<prop::sample::Index>(), at in 1..300_u64) {
        let (gone, at) = (gone.index(plan.apps.len()), secs(at));
        let plan = Plan { restarts: Vec::new(), ..plan };
        let calls = on_a_paused_clock(async {
            let apps = Apps::new(plan.apps.clone(), plan.script.clone());
            let sae = Arc::new(Sae::new(apps).with_faults(plan.faults.clone()));
            let mut operator = Operator::start(sae.clone(), plan.calls_per_minute, Plan::steady());
            operator.watch_all(plan.watches());
            operator.work_until(at).await;
            operator.forget(&watch_id(&name(gone)));
            operator.work_until(mins(8)).await;
            sae.calls()
        });
        let late = calls.iter().find(|call| call.app == Some(name(gone)) && call.at > at);
        prop_assert!(late.is_none(), "{late:?} after {at:?}");
    }
}
