//! New and changed watches of sets have half of the budget at most (contract §15.1), so that a set of hundreds of
//! applications leaves the other half to all else.

use std::time::Duration;

use tokio::time::Instant;

/// Calls that have half of the budget.
///
/// They start a fixed distance apart, as those of [`Budget`](super::budget::Budget) do: one that had to wait for a call of
/// another lane does not delay those after it, as long as it was late by no more than one distance of the budget. B/2 of
/// them, rounded up, are 60 s and that one at the least, so any 60 s hold no more starts than that.
#[derive(Debug)]
pub(crate) struct Half {
    distance: Duration,
    /// The distance of two calls of the account.
    spacing: Duration,
    next: Instant,
}

impl Half {
    pub(super) fn new(calls_per_minute: u32, spacing: Duration, now: Instant) -> Self {
        Self { distance: distance(calls_per_minute, spacing), spacing, next: now }
    }

    /// Changes the budget from now on.
    pub(super) fn set(&mut self, calls_per_minute: u32, spacing: Duration) {
        let distance = distance(calls_per_minute, spacing);
        self.next = (self.next + distance).checked_sub(self.distance).unwrap_or(self.next);
        (self.distance, self.spacing) = (distance, spacing);
    }

    /// When the next one may start, as far as only these count.
    pub(crate) fn ready_at(&self) -> Instant {
        self.next
    }

    /// One starts.
    pub(super) fn spend(&mut self, now: Instant) {
        self.next = (self.next + self.spacing).max(now) - self.spacing + self.distance;
    }
}

/// Rounded up: one a fraction too short would fit one call too many into a minute.
fn distance(calls_per_minute: u32, spacing: Duration) -> Duration {
    let half = calls_per_minute.div_ceil(2).max(1);
    ((Duration::from_secs(60) + spacing) / half).max(spacing * 2) + Duration::from_nanos(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_60_s_hold_more_than_half_however_late_some_are(
            calls in 1_u32..120, delays in prop::collection::vec(prop_oneof![Just(0_u64), 0..3_000_u64, 0..90_000_u64], 1..200),
        ) {
            let spacing = Duration::from_secs(60) / calls;
            let mut half = Half::new(calls, spacing, Instant::now());
            let starts: Vec<Instant> = delays.iter().map(|late| {
                let now = half.ready_at() + Duration::from_millis(*late);
                half.spend(now);
                now
            }).collect();
            for (first, next) in starts.iter().zip(starts.iter().skip(calls.div_ceil(2) as usize)) {
                prop_assert!(*next - *first >= Duration::from_secs(60), "{:?}", *next - *first);
            }
        }
    }
}
