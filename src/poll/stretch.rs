//! How far intervals stretch when the budget does not carry them all.

use std::collections::BTreeMap;
use std::time::Duration;

use super::attention::Closeness;

/// A factor of stretching, 2^(n/64): a ladder of steps of 1.1 %.
///
/// A ladder and no exact factor, because the fixed points of a target move when its period changes: on a
/// ladder, small changes of the load change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Level(u32);

/// Rungs that double a period.
const RUNGS_PER_DOUBLING: f64 = 64.0;
/// The highest rung, a factor of 2^31: more targets than memory holds.
const HIGHEST: Level = Level(31 * 64);

impl Level {
    /// Whether intervals are stretched at all.
    pub(super) fn is_stretched(self) -> bool {
        self > Self::default()
    }

    /// Whether two levels lie so far apart (a factor of 1.4) that waiting for each target's next poll to follow
    /// would take too long.
    pub(super) fn is_far_from(self, other: Self) -> bool {
        self.0.abs_diff(other.0) >= 32
    }

    /// The period of a target at this level; its interval at the least.
    pub(super) fn period(self, interval: Duration, closeness: Closeness) -> Duration {
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
pub(super) struct Share {
    /// Who gives way.
    pub(super) closeness: Closeness,
    /// Calls in 10^9 minutes at the target's own interval; whole numbers, so that adding and taking away leaves
    /// no crumbs.
    rate: u128,
}

impl Share {
    /// The share of a target that makes `calls` calls every `interval`.
    pub(super) fn new(closeness: Closeness, calls: u32, interval: Duration) -> Self {
        let minute = Duration::from_secs(60).as_nanos();
        Self { closeness, rate: u128::from(calls) * 1_000_000_000 * minute / interval.as_nanos().max(1) }
    }
}

/// What all targets ask of the budget.
#[derive(Debug, Default)]
pub(super) struct Load {
    rates: BTreeMap<Closeness, u128>,
}

impl Load {
    pub(super) fn add(&mut self, share: Share) {
        *self.rates.entry(share.closeness).or_default() += share.rate;
    }

    pub(super) fn remove(&mut self, share: Share) {
        if let Some(rate) = self.rates.get_mut(&share.closeness) {
            *rate = rate.saturating_sub(share.rate);
        }
    }

    /// Calls a minute that polls ask for at a level.
    pub(super) fn calls_per_minute(&self, level: Level) -> f64 {
        let at_level = |(closeness, rate): (&Closeness, &u128)| {
            *rate as f64 / 1e9 / level.factor(*closeness).unwrap_or(1.0)
        };
        self.rates.iter().map(at_level).sum()
    }

    /// The lowest level at which the polls ask for no more than `available` calls a minute.
    pub(super) fn level(&self, available: f64) -> Level {
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
