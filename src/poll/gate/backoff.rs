//! When a target is asked again after an attempt that gave no answer (contract §5 and §6).

use std::time::Duration;

use crate::poll::target::seed::Seed;

/// The wait after the first failure; it doubles with each further one.
pub(crate) const FIRST: Duration = Duration::from_secs(15);
/// The shortest wait after an error that stays until somebody acts.
const PERMANENT: Duration = Duration::from_secs(600);

/// The wait after the `failures`th failure in a row (from 1): 15, 30, 60 s and so on up to `longest`, 20 % more
/// or less, so that targets that failed together do not come back together; never shorter than SAE's hint.
pub(crate) fn after_failure(
    failures: u32,
    longest: Duration,
    hint: Option<Duration>,
    seed: Seed,
) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let spread = 0.8 + 0.4 * seed.jitter(failures);
    doubled.min(longest).mul_f64(spread).max(hint.unwrap_or_default())
}

/// The wait after a permanent error.
pub(crate) fn after_permanent(interval: Duration) -> Duration {
    interval.max(PERMANENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn retries_come_after_15_30_60_s_up_to_the_interval_give_or_take_a_fifth(
            seed: u64, failures in 1u32..100, interval in 15u64..86_400,
        ) {
            let wait = after_failure(failures, secs(interval), None, Seed::from_u64(seed));
            let middle = secs((15 << (failures - 1).min(20)).min(interval));
            prop_assert!(wait >= middle.mul_f64(0.8) && wait <= middle.mul_f64(1.2), "{wait:?} of {middle:?}");
        }
    }

    #[test]
    fn a_hint_delays_and_never_hurries() {
        let wait = |hint| after_failure(1, secs(60), Some(secs(hint)), Seed::from_u64(0));
        assert!(wait(1) >= secs(12));
        assert_eq!(wait(45), secs(45));
    }

    #[test]
    fn a_permanent_error_is_looked_at_again_after_10_min_or_the_interval() {
        assert_eq!(after_permanent(secs(60)), secs(600));
        assert_eq!(after_permanent(secs(3600)), secs(3600));
    }
}
