//! How far intervals stretch when the budget does not carry them all.

use std::collections::BTreeMap;
use std::time::Duration;

use super::priority::Closeness;

/// A factor of stretching, 2^(n/64): a ladder of steps of 1.1 %.
///
/// A ladder and no exact factor, because the fixed points of a target move when its period changes: on a
/// ladder, small changes of the load change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Level(u32);

/// Rungs that double a period.
const RUNGS_PER_DOUBLING: f64 = 64.0;
/// The highest rung, a factor of 2^31: more targets than memory holds.
const HIGHEST: Level = Level(31 * 64);

impl Level {
    /// Whether intervals are stretched at all.
    pub(crate) fn is_stretched(self) -> bool {
        self > Self::default()
    }

    /// Whether two levels lie so far apart (a factor of 1.4) that waiting for each target's next poll to follow
    /// would take too long.
    pub(crate) fn is_far_from(self, other: Self) -> bool {
        self.0.abs_diff(other.0) >= 32
    }

    /// The period of a target at this level; its interval at the least.
    pub(crate) fn period(self, interval: Duration, closeness: Closeness) -> Duration {
        match self.factor(closeness) {
            // Kept exact, since fixed points of a period that is a hair off would wander.
            None => interval,
            Some(factor) => {
                let millis = interval.mul_f64(factor).as_millis();
                Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
            }
        }
    }

    fn factor(self, closeness: Closeness) -> Option<f64> {
        let rungs = self.0.saturating_sub(closeness.0);
        (rungs > 0).then(|| (f64::from(rungs) / RUNGS_PER_DOUBLING).exp2())
    }
}

/// What one target asks of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Who gives way.
    pub(crate) closeness: Closeness,
    /// Calls in 10^9 minutes at the target's own interval; whole numbers, so that adding and taking away leaves
    /// no crumbs.
    rate: u128,
}

impl Share {
    /// The share of a target that makes `calls` calls every `interval`.
    pub(crate) fn new(closeness: Closeness, calls: u32, interval: Duration) -> Self {
        let minute = Duration::from_secs(60).as_nanos();
        Self { closeness, rate: u128::from(calls) * 1_000_000_000 * minute / interval.as_nanos().max(1) }
    }
}

/// What all targets ask of the budget.
#[derive(Debug, Default)]
pub(crate) struct Load {
    rates: BTreeMap<Closeness, u128>,
}

impl Load {
    pub(crate) fn add(&mut self, share: Share) {
        *self.rates.entry(share.closeness).or_default() += share.rate;
    }

    pub(crate) fn remove(&mut self, share: Share) {
        if let Some(rate) = self.rates.get_mut(&share.closeness) {
            *rate = rate.saturating_sub(share.rate);
        }
    }

    /// Calls a minute that polls ask for at a level.
    pub(crate) fn calls_per_minute(&self, level: Level) -> f64 {
        let at_level = |(closeness, rate): (&Closeness, &u128)| {
            *rate as f64 / 1e9 / level.factor(*closeness).unwrap_or(1.0)
        };
        self.rates.iter().map(at_level).sum()
    }

    /// The lowest level at which the polls ask for no more than `available` calls a minute.
    pub(crate) fn level(&self, available: f64) -> Level {
        let (mut low, mut high) = (0, HIGHEST.0);
        while low < high {
            let middle = low.midpoint(high);
            if self.calls_per_minute(Level(middle)) <= available {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Level(low)
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
        for (closeness, calls, interval) in shares {
            load.add(Share::new(Closeness(*closeness), *calls, Duration::from_secs(*interval)));
        }
        load
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_asked_for_fits_and_no_lower_level_would_do(shares in any_shares(), available in 1.0..1000.0) {
            let load = load(&shares);
            let level = load.level(available);
            prop_assert!(load.calls_per_minute(level) <= available);
            if level.is_stretched() {
                prop_assert!(load.calls_per_minute(Level(level.0 - 1)) > available);
            }
        }

        #[test]
        fn nobody_is_polled_oftener_than_its_interval_and_the_closer_never_less_often(
            level in 0..1000_u32, near in 0..300_u32, far in 0..300_u32, interval in 15..86_400_u64,
        ) {
            let period = |closeness| Level(level).period(Duration::from_secs(interval), Closeness(closeness));
            prop_assert!(period(near) >= Duration::from_secs(interval));
            prop_assert!(period(near.max(far)) <= period(near.min(far)));
            prop_assert!(Level(level + 1).period(Duration::from_secs(interval), Closeness(near)) >= period(near));
        }

        #[test]
        fn who_leaves_takes_its_share_along(shares in any_shares(), gone in any_shares()) {
            let (all, mut some) = (load(&shares), load(&shares));
            for (closeness, calls, interval) in gone {
                let share = Share::new(Closeness(closeness), calls, Duration::from_secs(interval));
                some.add(share);
                some.remove(share);
            }
            let at = |load: &Load| load.calls_per_minute(Level::default());
            prop_assert!((at(&all) - at(&some)).abs() < 1e-9);
        }
    }

    #[test]
    fn within_the_budget_every_interval_is_exact() {
        let load = load(&[(0, 1, 60), (229, 1, 60)]);
        assert_eq!(load.level(2.0), Level(0));
        assert_eq!(Level(0).period(Duration::from_millis(61_234), Closeness::QUIET).as_millis(), 61_234);
    }

    #[test]
    fn the_unwell_keep_their_interval_until_the_quiet_wait_twelve_times_as_long() {
        let minute = Duration::from_secs(60);
        assert_eq!(Level(229).period(minute, Closeness::UNWELL), minute);
        let quiet = Level(229).period(minute, Closeness::QUIET).as_secs();
        assert!((11 * 60..13 * 60).contains(&quiet), "{quiet} s");
    }
}
