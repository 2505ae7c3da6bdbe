//! The laws of sweeps and hints, each in 500 random worlds.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use saewatch::sae::Operation;

use crate::plan::{Plan, any_plan, calm_plan, many};
use crate::world::app::{App, Apps, Change};
use crate::world::availability::Kind;
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::{Call, REGIONS, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

fn any_kind() -> impl Strategy<Value = Kind> {
    let honest = (0..90_u64).prop_map(|age| Kind::Honest(secs(age)));
    prop_oneof![3 => honest, 2 => prop::sample::select(vec![Kind::Empty, Kind::Frozen, Kind::Noisy, Kind::Random])]
}

/// Plays a world with such a list.
fn play(plan: &Plan, kind: Kind, per_region: usize) -> (Vec<Call>, Vec<Look>) {
    on_a_paused_clock(async {
        let apps = Apps::new(plan.apps.clone(), plan.script.clone());
        let sae = Sae::new(apps).with_latency(plan.latency).with_faults(plan.faults.clone());
        let sae = Arc::new(sae.with_availability(kind, 7).with_regions_of(per_region));
        let mut operator = Operator::start(sae.clone(), plan.calls_per_minute, Plan::steady());
        operator.watch_all(
            plan.watches().map(|watch| Watch { region: REGIONS[watch.app / per_region], ..watch }),
        );
        operator.work_until(plan.long).await;
        (sae.calls(), std::mem::take(&mut operator.looks))
    })
}

/// Whether a call is one for a sweep.
fn is_of_a_sweep(call: &Call) -> bool {
    matches!(call.operation, Operation::Applications | Operation::Availability)
}

proptest! {
    #![proptest_config(many())]

    /// At most a third of the budget, and a sweep that has begun.
    #[test]
    fn sweeps_keep_within_their_share_in_any_hour(
        apps in 1..40_usize, per_region in 8..40_usize, interval in 60..600_u64, calls_per_minute in 6..24_u32,
        kind in any_kind(),
    ) {
        let plan = Plan {
            apps: vec![App::well(1); apps],
            interval: secs(interval),
            calls_per_minute,
            latency: Duration::from_millis(100),
            script: Vec::new(),
            faults: Vec::new(),
            restarts: Vec::new(),
            long: mins(75),
        };
        let (calls, _) = play(&plan, kind, per_region);
        let lists: Vec<&Call> = calls.iter().filter(|call| is_of_a_sweep(call)).collect();
        let regions = apps.div_ceil(per_region);
        let most = calls_per_minute as usize * 60 / 3 + 2 * regions;
        for (first, call) in lists.iter().enumerate() {
            let hour = lists[first..].iter().take_while(|later| later.at < call.at + mins(60)).count();
            prop_assert!(hour <= most, "{hour} calls of {most} in the hour from {:?}", call.at);
        }
        let sweeps = lists.iter().filter(|call| call.operation == Operation::Applications).count();
        let most = regions * (75 * 60 / 10 + 1);
        prop_assert!(sweeps <= most, "{sweeps} sweeps of {regions} regions");
    }

    /// Whatever a list says, what is shown is what the application's own poll saw.
    #[test]
    fn a_hint_changes_no_status(plan in any_plan(), kind in any_kind()) {
        let apps = plan.apps.iter().map(|app| App { groups: 1, ..*app }).collect();
        let plan = Plan { apps, script: Vec::new(), interval: mins(5), long: mins(12), ..plan };
        let (_, looks) = play(&plan, kind, 60);
        for look in looks {
            let app = plan.apps[look.app];
            prop_assert_eq!((look.running, look.unready), ((app.wanted - app.down) as usize, app.unready as usize));
        }
    }

    /// Which list it is makes no difference to any call as long as it gives no hint.
    #[test]
    fn a_region_without_hints_is_polled_as_one_whose_list_is_empty(
        plan in calm_plan(), deaths in prop::collection::vec((60..600_u64, any::<prop::sample::Index>()), 0..6),
    ) {
        let script = deaths.into_iter().map(|(at, app)| {
            let app = app.index(plan.apps.len());
            Change { at: secs(at), app, to: App { down: 1, ..plan.apps[app] } }
        });
        let plan = Plan { script: script.collect(), interval: mins(5), long: mins(12), ..plan };
        prop_assert_eq!(play(&plan, Kind::Frozen, 60).0, play(&plan, Kind::Empty, 60).0);
    }
}
