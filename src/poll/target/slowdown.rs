//! How far intervals stretch when the budget does not carry them all.

use std::collections::BTreeMap;
use std::time::Duration;

use super::priority::Priority;

/// A factor of stretching, 2^(n/64): a ladder of steps of 1.1 %.
///
/// A ladder and no exact factor, because the fixed points of a target move when its period changes: on a
/// ladder, small changes of the load change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Slowdown(u32);

/// Rungs that double a period.
const STEPS_PER_DOUBLING: f64 = 64.0;
/// The highest rung, a factor of 2^31: more targets than memory holds.
const MOST: Slowdown = Slowdown(31 * 64);

impl Slowdown {
    /// Whether intervals are stretched at all.
    pub(crate) fn is_in_force(self) -> bool {
        self > Self::default()
    }

    /// Whether two levels lie so far apart (a factor of 1.4) that waiting for each target's next poll to follow
    /// would take too long.
    pub(crate) fn is_far_from(self, other: Self) -> bool {
        self.0.abs_diff(other.0) >= 32
    }

    /// The period of a target at this slowdown; its interval at the least.
    pub(crate) fn period(self, interval: Duration, priority: Priority) -> Duration {
        match self.factor(priority) {
            // Kept exact, since fixed points of a period that is a hair off would wander.
            None => interval,
            Some(factor) => {
                let millis = interval.mul_f64(factor).as_millis();
                Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
            }
        }
    }

    fn factor(self, priority: Priority) -> Option<f64> {
        let steps = self.0.saturating_sub(priority.0);
        (steps > 0).then(|| (f64::from(steps) / STEPS_PER_DOUBLING).exp2())
    }
}

/// What one target asks of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Who gives way.
    pub(crate) priority: Priority,
    /// Calls in 10^9 minutes at the target's own interval; whole numbers, so that adding and taking away leaves
    /// no crumbs.
    rate: u128,
}

impl Share {
    /// The share of a target that makes `calls` calls every `interval`.
    pub(crate) fn new(priority: Priority, calls: u32, interval: Duration) -> Self {
        let minute = Duration::from_secs(60).as_nanos();
        Self { priority, rate: u128::from(calls) * 1_000_000_000 * minute / interval.as_nanos().max(1) }
    }
}

/// What all targets ask of the budget.
#[derive(Debug, Default)]
pub(crate) struct Load {
    rates: BTreeMap<Priority, u128>,
}

impl Load {
    pub(crate) fn add(&mut self, share: Share) {
        *self.rates.entry(share.priority).or_default() += share.rate;
    }

    pub(crate) fn remove(&mut self, share: Share) {
        if let Some(rate) = self.rates.get_mut(&share.priority) {
            *rate = rate.saturating_sub(share.rate);
        }
    }

    /// Calls a minute that polls ask for at a slowdown.
    pub(crate) fn calls_per_minute(&self, slowdown: Slowdown) -> f64 {
        let at_level = |(priority, rate): (&Priority, &u128)| {
            *rate as f64 / 1e9 / slowdown.factor(*priority).unwrap_or(1.0)
        };
        self.rates.iter().map(at_level).sum()
    }

    /// The lowest slowdown at which the polls ask for no more than `available` calls a minute.
    pub(crate) fn slowdown(&self, available: f64) -> Slowdown {
        let (mut low, mut high) = (0, MOST.0);
        while low < high {
            let middle = low.midpoint(high);
            if self.calls_per_minute(Slowdown(middle)) <= available {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Slowdown(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_shares() -> impl Strategy<Value = Vec<(u32, u32, u64)>> {
        prop::collection::vec((0..300_u32, 1..20_u32, 15..86_400_u64), 1..50)
    }

    fn load(shares: &[(u32, u32, u64)]) -> Load {
        let mut load = Load::default();
        for (priority, calls, interval) in shares {
            load.add(Share::new(Priority(*priority), *calls, Duration::from_secs(*interval)));
        }
        load
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_asked_for_fits_and_no_lower_level_would_do(shares in any_shares(), available in 1.0..1000.0) {
            let load = load(&shares);
            let slowdown = load.slowdown(available);
            prop_assert!(load.calls_per_minute(slowdown) <= available);
            if slowdown.is_in_force() {
                prop_assert!(load.calls_per_minute(Slowdown(slowdown.0 - 1)) > available);
            }
        }

        #[test]
        fn nobody_is_polled_oftener_than_its_interval_and_the_closer_never_less_often(
            slowdown in 0..1000_u32, near in 0..300_u32, far in 0..300_u32, interval in 15..86_400_u64,
        ) {
            let period = |priority| Slowdown(slowdown).period(Duration::from_secs(interval), Priority(priority));
            prop_assert!(period(near) >= Duration::from_secs(interval));
            prop_assert!(period(near.max(far)) <= period(near.min(far)));
            prop_assert!(Slowdown(slowdown + 1).period(Duration::from_secs(interval), Priority(near)) >= period(near));
        }

        #[test]
        fn who_leaves_takes_its_share_along(shares in any_shares(), gone in any_shares()) {
            let (all, mut some) = (load(&shares), load(&shares));
            for (priority, calls, interval) in gone {
                let share = Share::new(Priority(priority), calls, Duration::from_secs(interval));
                some.add(share);
                some.remove(share);
            }
            let at = |load: &Load| load.calls_per_minute(Slowdown::default());
            prop_assert!((at(&all) - at(&some)).abs() < 1e-9);
        }
    }

    #[test]
    fn within_the_budget_every_interval_is_exact() {
        let load = load(&[(0, 1, 60), (229, 1, 60)]);
        assert_eq!(load.slowdown(2.0), Slowdown(0));
        assert_eq!(Slowdown(0).period(Duration::from_millis(61_234), Priority::QUIET).as_millis(), 61_234);
    }

    #[test]
    fn the_unwell_keep_their_interval_until_the_quiet_wait_twelve_times_as_long() {
        let minute = Duration::from_secs(60);
        assert_eq!(Slowdown(229).period(minute, Priority::UNWELL), minute);
        let quiet = Slowdown(229).period(minute, Priority::QUIET).as_secs();
        assert!((11 * 60..13 * 60).contains(&quiet), "{quiet} s");
    }
}
