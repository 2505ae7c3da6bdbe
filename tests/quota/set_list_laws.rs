//! Whatever sets read, their lists keep within their share of the budget.

use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::Config;
use saewatch::sae::{Class, Operation};

use crate::set_lists::{Set, in_pages_of, sae, watching_nothing};
use crate::slow;
use crate::world::operator::Watch;
use crate::world::sae::{Call, Fault, REGIONS};
use crate::world::{mins, on_a_paused_clock, secs};

/// Sets in a random world: when each begins, when it ends, and how many regions it reads.
fn any_sets() -> impl Strategy<Value = Vec<(Range<u64>, usize)>> {
    let set = (0..60_u64, 1..90_u64, 1..=8_usize);
    prop::collection::vec(set.prop_map(|(at, long, regions)| (at..at + long, regions)), 1..4)
}

/// The lists of a world of eight regions with `apps` applications each, of which every one is watched in the first
/// `swept` regions.
fn play(
    sets: &[(Range<u64>, usize)],
    apps: usize,
    swept: usize,
    calls_per_minute: u32,
    faults: Vec<Fault>,
) -> Vec<Call> {
    on_a_paused_clock(async {
        let sae = sae(8 * apps).with_regions_of(apps).with_directory(in_pages_of(10)).with_faults(faults);
        let mut operator = watching_nothing(sae, calls_per_minute);
        operator.watch_all((0..swept * apps).map(|app| Watch { region: REGIONS[app / apps], ..slow(app) }));
        let sets: Vec<_> = sets.iter().enumerate().map(|(n, set)| (Set::new(&n.to_string()), set)).collect();
        for minute in 0..75 {
            for (set, (during, regions)) in &sets {
                set.read(&operator.polls, if during.contains(&minute) { *regions } else { 0 });
            }
            operator.work_until(mins(minute + 1)).await;
        }
        let is_list =
            |call: &Call| matches!(call.operation, Operation::Applications | Operation::Availability);
        operator.sae.calls().into_iter().filter(is_list).collect()
    })
}

/// The most calls of any hour.
fn in_an_hour(calls: &[Call]) -> usize {
    let hour =
        |first: usize| calls[first..].iter().take_while(|call| call.at < calls[first].at + mins(60)).count();
    (0..calls.len()).map(hour).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(Config { cases: 200, ..Config::default() })]

    /// However often sets come and go, and whatever fails. A list that has begun is read to its end, twice if it must be.
    #[test]
    fn lists_for_sets_alone_keep_within_a_third_in_any_hour(
        sets in any_sets(), apps in 1..45_usize, calls_per_minute in 1..40_u32,
        fault in prop::option::of((0..60_u64, 1..30_u64, prop::sample::select(vec![
            Class::Transient(None), Class::Malformed, Class::Throttled(None), Class::Denied,
        ]))),
    ) {
        let fault = fault.map(|(at, long, class)| Fault {
            during: mins(at)..mins(at + long), operation: Some(Operation::Applications), app: None, class,
        });
        let calls = play(&sets, apps, 0, calls_per_minute, fault.into_iter().collect());
        let most = calls_per_minute as usize * 60 / 3 + 2 * (1 + apps.div_ceil(10)) + 1;
        prop_assert!(in_an_hour(&calls) <= most, "{} calls of {most}", in_an_hour(&calls));
        let first = sets.iter().map(|(during, _)| during.start).min().unwrap_or_default();
        let is_read = calls.iter().any(|call| call.at < mins(first) + secs(60) * 60 / calls_per_minute);
        prop_assert!(is_read, "the first list comes at once");
    }
}

proptest! {
    // Hours of polls beside the lists take long; `share.rs` has the same law of the arithmetic.
    #![proptest_config(Config { cases: 50, ..Config::default() })]

    /// Beside sweeps, one list of each region that begins before the share of all is known.
    #[test]
    fn lists_for_sets_and_sweeps_together_keep_within_their_share_in_any_hour(
        regions in 1..=8_usize, swept in 0..4_usize, apps in 8..16_usize, calls_per_minute in 6..20_u32,
    ) {
        let calls = play(&[(0..75, regions)], apps, swept, calls_per_minute, Vec::new());
        let pages = 2 + apps.div_ceil(10);
        let most = calls_per_minute as usize * 60 / 3 + 2 * pages * regions.max(swept);
        prop_assert!(in_an_hour(&calls) <= most, "{} calls of {most}", in_an_hour(&calls));
    }
}
