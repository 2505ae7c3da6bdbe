//! How much of the budget the sweeps take, and how often a region is swept.

use std::time::Duration;

/// What it is worth to see a change by one list, against seeing it by the poll of the application: see [`share`].
const WORTH: f64 = 14.0;
/// The most of the budget that sweeps take together.
const MOST: f64 = 1.0 / 3.0;
/// The shortest time between two sweeps of a region whose two lists have proven of use. Two calls every 17 s are a quarter
/// of 30 calls a minute, which is the most that sweeps and groups of one region are to take.
const SHORTEST: Duration = Duration::from_secs(17);
/// The same with one list. A moved count is seen within half a minute all the same, and what no list shows gets its calls
/// back: with a useless second list, no rarer sweeps took 1.29 to 1.50 times as long as a round robin (docs/quota.md).
const SHORTEST_OF_ONE: Duration = Duration::from_secs(34);
const MINUTE: f64 = 60.0;
/// How often a region is listed that only sets read.
pub(super) const EVERY: Duration = Duration::from_secs(600);

/// What sweeps cost, of one region or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Work {
    /// Calls of one sweep.
    pub(super) calls: f64,
    /// Targets that it covers.
    pub(super) targets: usize,
    /// The same, each counted once for each list that has proven of use.
    pub(super) served: usize,
}

/// The part of the budget for sweeps that cost C calls a round and cover N targets by L lists (without
/// those that are denied, left out, or whose hints have not been confirmed): r/(1+r) with r = √(14·L·C/N), at most a third.
///
/// With a share s of B calls, a round of sweeps takes C/(s·B) and a round of polls N/((1-s)·B). What lists show waits for
/// half of the first, all else for half of the second. Their sum, weighted w to 1, is least where s/(1-s) = √(w·C/N). So
/// much follows from the work; w is what the bench says. In the scenarios of docs/quota.md the w of the first draft, 4,
/// sees failing probes from lists of 60 s in 82 s, a fixed seventh in 80 s, where 75 s are to be reached; 14 for each
/// list reaches that. And where a list is of no use, w falls with L, so that the polls get the calls back.
fn share(Work { calls, targets, served }: Work) -> f64 {
    let targets = targets.max(1) as f64;
    // The only list of a region counts whether it has proven or not.
    let lists = (served as f64 / targets).max(1.0);
    let ratio = (WORTH * lists * calls / targets).sqrt();
    (ratio / (1.0 + ratio)).min(MOST)
}

/// What lists cost beside the sweeps that are read for sets alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ForSets {
    /// Calls of one list of each such region.
    pub(super) calls: f64,
}

impl ForSets {
    /// The time between two such lists of a region: 10 minutes, and longer where they would take more than half of the
    /// most that all lists may take, so that the sweeps keep the other half.
    pub(super) fn every(self, calls_per_minute: u32) -> Duration {
        let most = f64::from(calls_per_minute.max(1)) * MOST / 2.0;
        Duration::from_secs_f64(self.calls * MINUTE / most).max(EVERY)
    }

    /// How many calls a minute they take.
    pub(super) fn calls_per_minute(self, calls_per_minute: u32) -> f64 {
        self.calls * MINUTE / self.every(calls_per_minute).as_secs_f64()
    }
}

/// The time between two sweeps of a region, beside those of all regions and the lists for sets.
pub(super) fn period(region: Work, all: Work, for_sets: ForSets, calls_per_minute: u32) -> Duration {
    let calls = f64::from(calls_per_minute.max(1));
    let left = calls * MOST - for_sets.calls_per_minute(calls_per_minute);
    let budget = (calls * share(all)).min(left);
    let by_share = if all.calls > 0.0 { all.calls * MINUTE / budget } else { 0.0 };
    // A few applications are cheaper to ask than to list: sweeps take no more than a poll a minute of each would.
    let by_targets = region.calls * MINUTE / region.targets.max(1) as f64;
    let shortest = if region.served >= 2 * region.targets { SHORTEST } else { SHORTEST_OF_ONE };
    Duration::from_secs_f64(by_share.max(by_targets)).max(shortest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn work(calls: f64, targets: usize, lists: usize) -> Work {
        Work { calls, targets, served: targets * lists }
    }

    #[test]
    fn the_share_follows_from_the_work() {
        let none = ForSets::default();
        let seconds = |work, budget| period(work, work, none, budget).as_secs();
        assert_eq!(seconds(work(2.0, 500, 2), 30), 17, "not oftener");
        assert_eq!(seconds(work(2.0, 5_000, 2), 30), 41);
        assert_eq!(seconds(work(2.0, 500, 1), 30), 34, "not oftener with one list");
        assert_eq!(seconds(work(2.0, 5_000, 0), 30), seconds(work(2.0, 5_000, 1), 30), "one is the least");
        assert_eq!(seconds(work(2.0, 1, 2), 30), 120, "a poll a minute costs half of that");
        let region = work(2.0, 15, 2);
        let eight = work(16.0, 120, 2);
        assert_eq!(period(region, eight, none, 30).as_secs(), 96, "a third of the budget");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn all_lists_take_at_most_a_third_and_less_with_one_list_than_with_two(
            calls in 0.1..50.0, targets in 1..20_000_usize, for_sets in 0..200_u32, budget in 1..600_u32,
        ) {
            let for_sets = ForSets { calls: f64::from(for_sets) };
            let of = |lists| period(work(calls, targets, lists), work(calls, targets, lists), for_sets, budget);
            let sweeps = calls * MINUTE / of(2).as_secs_f64();
            prop_assert!(sweeps + for_sets.calls_per_minute(budget) <= f64::from(budget) * MOST * 1.001);
            prop_assert!(of(1) >= of(2));
        }
    }
}
