//! When to try again after failures of Kubernetes.

use std::time::Duration;

/// The longest pause between tries.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// The pause after so many failures in a row: a second after the first, then twice as long each time.
pub(super) fn after(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<u64> = [0, 1, 2, 6, 7, 8, u32::MAX].map(|failures| after(failures).as_secs()).into();
        assert_eq!(pauses, [1, 1, 2, 32, 60, 60, 60]);
    }
}
