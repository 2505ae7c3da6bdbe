//! By how much intervals grow when the budget does not carry them all, and what one target asks of the budget.

use std::time::Duration;

use super::priority::Priority;

/// The factor by which intervals grow, 2^(n/64): steps of 1.1 %.
///
/// Steps and no exact factor, because the fixed points of a target move when its period changes: with steps, small
/// changes of the load change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Slowdown(pub(crate) u32);

/// Steps that double a period.
const STEPS_PER_DOUBLING: f64 = 64.0;

impl Slowdown {
    /// A factor of 2^31: more targets than memory holds.
    pub(crate) const MOST: Self = Self(31 * 64);

    /// Whether any interval grows.
    pub(crate) fn is_in_force(self) -> bool {
        self > Self::default()
    }

    /// Whether two slowdowns lie so far apart (a factor of 1.4) that waiting for each target's next poll to follow
    /// would take too long.
    pub(crate) fn is_far_from(self, other: Self) -> bool {
        self.0.abs_diff(other.0) >= 32
    }

    /// The period of a target at this slowdown: its interval at the least.
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

    /// By how much the interval of a target with this priority grows; `None`: not at all.
    pub(crate) fn factor(self, priority: Priority) -> Option<f64> {
        let steps = self.0.saturating_sub(priority.0);
        (steps > 0).then(|| (f64::from(steps) / STEPS_PER_DOUBLING).exp2())
    }
}

/// What one target asks of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// How much of the slowdown it is spared.
    pub(crate) priority: Priority,
    /// Calls in 10^9 minutes at the target's own interval; whole numbers, so that adding and taking away leaves
    /// no crumbs.
    pub(crate) rate: u128,
}

impl Share {
    /// The share of a target that makes `calls` calls every `interval`.
    pub(crate) fn new(priority: Priority, calls: u32, interval: Duration) -> Self {
        let minute = Duration::from_secs(60).as_nanos();
        Self { priority, rate: u128::from(calls) * 1_000_000_000 * minute / interval.as_nanos().max(1) }
    }

    /// Calls a minute that these shares ask for without a slowdown.
    pub(crate) fn per_minute(shares: impl Iterator<Item = Self>) -> f64 {
        shares.map(|share| share.rate).sum::<u128>() as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_period_is_below_the_interval_and_a_higher_priority_never_polls_less_often(
            slowdown in 0..1000_u32, one in 0..300_u32, other in 0..300_u32, interval in 15..86_400_u64,
        ) {
            let period = |priority| Slowdown(slowdown).period(Duration::from_secs(interval), Priority(priority));
            prop_assert!(period(one) >= Duration::from_secs(interval));
            prop_assert!(period(one.max(other)) <= period(one.min(other)));
            prop_assert!(Slowdown(slowdown + 1).period(Duration::from_secs(interval), Priority(one)) >= period(one));
        }
    }

    #[test]
    fn without_slowdown_a_period_is_the_exact_interval() {
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
