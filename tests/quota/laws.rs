//! The laws, each in at least 500 random worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use saewatch::poll::Clock;
use saewatch::sae::Class;
use tokio::time::Instant;

use crate::plan::{Plan, Story, any_plan, many};
use crate::world::app::{App, name};
use crate::world::operator::watch_id;
use crate::world::{mins, secs};

proptest! {
    #![proptest_config(many())]

    /// Through pages, retries, throttles, kills and restarts.
    #[test]
    fn no_60_seconds_hold_more_calls_than_the_budget(plan in any_plan()) {
        let Story { calls, .. } = plan.play();
        for pair in calls.windows(2) {
            prop_assert!(pair[1].at.saturating_sub(pair[0].at) >= plan.spacing(), "{pair:?}");
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

    /// Whatever the load, the data of an application that answers is at most twice as old as the pace that is shown
    /// for it, so it never goes stale.
    #[test]
    fn the_age_of_what_is_shown_has_a_bound(plan in any_plan()) {
        let plan = Plan { faults: Vec::new(), restarts: Vec::new(), long: mins(20), ..plan };
        let Story { looks, slowest, .. } = plan.play();
        for app in 0..plan.apps.len() {
            let mut seen = looks.iter().filter(|look| look.app == app).map(|look| look.at);
            let mut last = seen.next();
            prop_assert!(last.is_some(), "{} starved", name(app));
            for at in seen.chain([plan.long]) {
                let gap = at.saturating_sub(last.unwrap_or_default());
                prop_assert!(gap <= slowest * 2 + secs(30), "{} waited {gap:?}, shown {slowest:?}", name(app));
                last = Some(at);
            }
        }
    }

    /// Any number of watches on a target cost what one costs, and each of them sees every answer.
    #[test]
    fn watches_of_one_target_share_its_polls(plan in any_plan(), more in 1..4_usize) {
        let plan = Plan { restarts: Vec::new(), ..plan };
        let alone = plan.play();
        let together = plan.play_with(Plan::steady, |operator| {
            for watch in plan.watches() {
                for copy in 0..more {
                    operator.watch(&watch_id(&format!("{}-{copy}", name(watch.app))), watch.clone());
                }
            }
        });
        prop_assert_eq!(&alone.calls, &together.calls);
        prop_assert_eq!(alone.looks.len() * (more + 1), together.looks.len());
    }

    /// The time of day may say what it likes once the operator has started.
    #[test]
    fn a_wall_clock_that_jumps_changes_no_call(plan in any_plan(), jumps in prop::collection::vec(-100_000..100_000_i64, 1..5)) {
        let plan = Plan { restarts: Vec::new(), ..plan };
        // Attention asks how long ago something changed, and is the one that looks at the wall clock.
        let plan = Plan { script: Vec::new(), ..plan };
        let jumping = || {
            let (start, jumps) = (Instant::now(), jumps.clone());
            let from = Timestamp::from_second(1_800_000_000).expect("a time of day");
            Clock::new(move || {
                let passed = start.elapsed();
                let jump = jumps.get((passed.as_secs() / 240) as usize).filter(|_| passed > secs(240));
                let passed = SignedDuration::try_from(passed).expect("hours");
                from + passed + SignedDuration::from_secs(jump.copied().unwrap_or(0))
            })
        };
        let calls = plan.play_with(jumping, |_| {}).calls;
        for pair in calls.windows(2) {
            prop_assert!(pair[1].at.saturating_sub(pair[0].at) >= plan.spacing(), "{pair:?}");
        }
    }

    #[test]
    fn a_watch_that_is_gone_is_not_asked_for(plan in any_plan(), gone in any::<prop::sample::Index>(), at in 1..600_u64) {
        let (gone, at) = (gone.index(plan.apps.len()), secs(at));
        let plan = Plan { restarts: Vec::new(), ..plan };
        let calls = crate::world::on_a_paused_clock(async {
            let apps = crate::world::app::Apps::new(plan.apps.clone(), plan.script.clone());
            let sae = Arc::new(crate::world::sae::Sae::new(apps).with_faults(plan.faults.clone()));
            let mut operator =
                crate::world::operator::Operator::start(sae.clone(), plan.calls_per_minute, Plan::steady());
            operator.watch_all(plan.watches());
            operator.work_until(at).await;
            operator.forget(&watch_id(&name(gone)));
            operator.work_until(mins(10)).await;
            sae.calls()
        });
        let late = calls.iter().find(|call| call.app == Some(name(gone)) && call.at > at);
        prop_assert!(late.is_none(), "{late:?} after {at:?}");
    }
}
