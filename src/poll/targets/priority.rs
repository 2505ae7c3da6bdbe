//! Which targets are slowed down less while the budget is short.

use jiff::{SignedDuration, Timestamp};

use crate::api::Health;
use crate::poll::subscription::Attention;

/// How long after a change a healthy application is watched more closely.
const LATELY: SignedDuration = SignedDuration::from_mins(10);
/// How long an unwell application keeps the closest watch when nothing about its health changes.
const LONG: SignedDuration = SignedDuration::from_hours(24);

/// How much of a slowdown a target is spared, in steps of [`super::slowdown::Slowdown`]: while the interval of a quiet
/// target grows by some factor, that of one with priority p grows by the factor divided by 2^(p/64), and never
/// shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Priority(pub(crate) u32);

impl Priority {
    /// Well, and quiet for a while: gives way first.
    pub(crate) const QUIET: Self = Self(0);
    /// A factor of 2.
    pub(crate) const LATELY: Self = Self(64);
    /// A factor of 4.
    pub(crate) const LONG_UNWELL: Self = Self(128);
    /// A factor of 12.
    pub(crate) const UNWELL: Self = Self(229);
    /// Never slowed down, because it is asked so rarely.
    pub(crate) const FIXED: Self = Self(u32::MAX);

    /// The priority of an application.
    ///
    /// When the account cannot poll every target at its interval, all intervals grow by a factor, and this rule says
    /// which grow less:
    ///
    /// * **An application that is not well** (Progressing, Degraded, Unhealthy, Unknown) by a twelfth of the factor.
    ///   Somebody is probably looking at it, and its next change is the one that matters. With 500 applications at 30
    ///   calls a minute, of which a twentieth are unwell, that keeps those within 2½ minutes and costs the healthy ones
    ///   less than half of their polls; sparing them altogether would cost all of them.
    /// * **One that is unwell for more than a day without a change** by a quarter of it: a test application left broken
    ///   over the weekend must not slow down the others for days.
    /// * **One that is well and changed in the last ten minutes** by half of the factor: what just recovered, or was just
    ///   deployed, is what falls over next.
    /// * **One that is well and quiet** in full. ScaledToZero is well: nothing runs, as wanted.
    ///
    /// So no target is polled oftener than its interval asks for, none is ever left out, and an application never
    /// gets less for being worse or for having changed more recently. A change in the future (two clocks that
    /// disagree) counts as one just now.
    pub(crate) fn new(attention: Attention, now: Timestamp) -> Self {
        let Attention { health, changed_at } = attention;
        let unchanged_for = changed_at.map_or(SignedDuration::MAX, |at| now.duration_since(at));
        match health {
            Health::Healthy | Health::ScaledToZero if unchanged_for > LATELY => Self::QUIET,
            Health::Healthy | Health::ScaledToZero => Self::LATELY,
            Health::Progressing | Health::Degraded | Health::Unhealthy | Health::Unknown => {
                if changed_at.is_some() && unchanged_for > LONG { Self::LONG_UNWELL } else { Self::UNWELL }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(health: Health, secs: i64) -> Priority {
        Priority::new(Attention { health, changed_at: Some(NOW - SignedDuration::from_secs(secs)) }, NOW)
    }

    fn any_health() -> impl Strategy<Value = Health> {
        use Health::{Degraded, Healthy, Progressing, ScaledToZero, Unhealthy, Unknown};
        prop::sample::select(vec![Healthy, Progressing, Degraded, Unhealthy, ScaledToZero, Unknown])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_unwell_never_get_less_than_the_well(health in any_health(), ago in 0..1_000_000_i64) {
            for well in [Health::Healthy, Health::ScaledToZero] {
                prop_assert!(after(health, ago) >= after(well, ago));
            }
        }

        #[test]
        fn a_later_change_never_gets_less(health in any_health(), ago in 0..1_000_000_i64, more in 0..1_000_000_i64) {
            prop_assert!(after(health, ago) >= after(health, ago + more));
        }

        #[test]
        fn a_clock_that_runs_ahead_counts_as_just_now(health in any_health(), ahead in 0..1_000_000_i64) {
            prop_assert_eq!(after(health, -ahead), after(health, 0));
        }
    }

    #[test]
    fn each_sentence_of_the_rule_holds() {
        let (minute, hour, day) = (60, 3600, 86_400);
        for (health, ago, expected) in [
            (Health::Degraded, hour, Priority::UNWELL),
            (Health::Unknown, minute, Priority::UNWELL),
            (Health::Unhealthy, 2 * day, Priority::LONG_UNWELL),
            (Health::Healthy, 9 * minute, Priority::LATELY),
            (Health::Healthy, hour, Priority::QUIET),
            (Health::ScaledToZero, hour, Priority::QUIET),
        ] {
            assert_eq!(after(health, ago), expected, "{health:?} {ago} s after a change");
        }
        let never = |health| Priority::new(Attention { health, changed_at: None }, NOW);
        assert_eq!(never(Health::Unknown), Priority::UNWELL, "it was never observed");
        assert_eq!(never(Health::Healthy), Priority::QUIET);
    }
}
