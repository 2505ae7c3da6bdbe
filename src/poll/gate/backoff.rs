//! How long a target waits after an attempt that gave no answer (contract §5 and §6).

use std::time::Duration;

use crate::domain::{Failure, FailureClass};

/// The wait after the first failure; it doubles with each further one.
pub(crate) const FIRST: Duration = Duration::from_secs(15);
/// The shortest wait after an error that stays until somebody acts.
const PERMANENT: Duration = Duration::from_secs(600);

/// The wait after the `failures`th failure in a row (from 1): 15, 30, 60 s and so on up to `longest`, 20 % more
/// or less as `jitter` from 0 to 1 says, so that targets that failed together do not come back together; never
/// shorter than SAE's hint.
pub(crate) fn after_failure(
    failures: u32,
    longest: Duration,
    hint: Option<Duration>,
    jitter: f64,
) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let spread = 0.8 + 0.4 * jitter;
    doubled.min(longest).mul_f64(spread).max(hint.unwrap_or_default())
}

/// Whether an error stays until somebody acts.
pub(crate) fn is_permanent(failure: &Failure) -> bool {
    matches!(failure.class, FailureClass::Permanent(_))
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
            jitter in 0.0..1.0, failures in 1u32..100, interval in 15u64..86_400,
        ) {
            let wait = after_failure(failures, secs(interval), None, jitter);
            let middle = secs((15 << (failures - 1).min(20)).min(interval));
            prop_assert!(wait >= middle.mul_f64(0.8) && wait <= middle.mul_f64(1.2), "{wait:?} of {middle:?}");
        }
    }

    #[test]
    fn a_hint_delays_and_never_hurries() {
        let wait = |hint| after_failure(1, secs(60), Some(secs(hint)), 0.0);
        assert!(wait(1) >= secs(12));
        assert_eq!(wait(45), secs(45));
    }

    #[test]
    fn a_permanent_error_is_retried_after_10_min_or_the_interval() {
        assert_eq!(after_permanent(secs(60)), secs(600));
        assert_eq!(after_permanent(secs(3600)), secs(3600));
    }
}
