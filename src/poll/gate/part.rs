//! A part of the budget for calls of one kind, so that they leave the rest to all else: half for new and changed watches
//! of sets (contract §15.1), a tenth for diagnoses (contract §14).

use std::time::Duration;

use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// How much of the budget it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fraction {
    /// Rounded up.
    Half,
    /// Rounded down; where that is none, one call in the time of ten.
    Tenth,
}

/// Calls that have a part of the budget.
///
/// They start a fixed distance apart, as those of [`Budget`](super::budget::Budget) do: one that had to wait for a call of
/// another lane does not delay those after it, as long as it was late by no more than one distance of the budget. As many
/// of their own distances as calls may go in some time are that time and one distance of the budget at the least, so that
/// no such time holds more starts.
#[derive(Debug)]
pub(crate) struct Part {
    fraction: Fraction,
    distance: Duration,
    /// The distance of two calls of the account.
    spacing: Duration,
    next: Instant,
}

impl Part {
    /// The first one may start at `next`.
    pub(super) fn new(fraction: Fraction, calls_per_minute: u32, spacing: Duration, next: Instant) -> Self {
        Self { fraction, distance: fraction.distance(calls_per_minute, spacing), spacing, next }
    }

    /// The same, but the first one waits as long as every other. So a process that is killed and started again keeps the
    /// same law with nothing stored.
    pub(super) fn waiting(self) -> Self {
        Self { next: self.next + self.distance, ..self }
    }

    /// Changes the budget from now on.
    pub(super) fn set(&mut self, calls_per_minute: u32, spacing: Duration) {
        let distance = self.fraction.distance(calls_per_minute, spacing);
        self.next = (self.next + distance).checked_sub(self.distance).unwrap_or(self.next);
        (self.distance, self.spacing) = (distance, spacing);
    }

    /// When the next one may start, as far as only these count.
    pub(crate) fn ready_at(&self) -> Instant {
        self.next
    }

    /// One starts.
    pub(crate) fn spend(&mut self, now: Instant) {
        self.next = (self.next + self.spacing).max(now) - self.spacing + self.distance;
    }
}

impl Fraction {
    /// How many calls may go in which time.
    fn calls(self, calls_per_minute: u32) -> (u32, Duration) {
        match (self, calls_per_minute.max(1)) {
            (Self::Half, budget) => (budget.div_ceil(2), MINUTE),
            (Self::Tenth, budget @ ..10) => (1, MINUTE * 10 / budget),
            (Self::Tenth, budget) => (budget / 10, MINUTE),
        }
    }

    /// The distance of two of them. Rounded up: one a fraction too short would fit one call too many into a minute.
    fn distance(self, calls_per_minute: u32, spacing: Duration) -> Duration {
        let (calls, within) = self.calls(calls_per_minute);
        ((within + spacing) / calls).max(spacing * 2) + Duration::from_nanos(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_time_holds_more_than_the_part_however_late_some_are(
            fraction in prop::sample::select(vec![Fraction::Half, Fraction::Tenth]), calls in 1_u32..120,
            delays in prop::collection::vec(prop_oneof![Just(0_u64), 0..3_000_u64, 0..90_000_u64], 1..200),
        ) {
            let spacing = MINUTE / calls;
            let mut part = Part::new(fraction, calls, spacing, Instant::now());
            let starts: Vec<Instant> = delays.iter().map(|late| {
                let now = part.ready_at() + Duration::from_millis(*late);
                part.spend(now);
                now
            }).collect();
            let (most, within) = fraction.calls(calls);
            for (first, next) in starts.iter().zip(starts.iter().skip(most as usize)) {
                prop_assert!(*next - *first >= within, "{:?}", *next - *first);
            }
        }
    }

    #[test]
    fn a_half_is_rounded_up_and_a_tenth_down_but_to_no_less_than_one_call_in_the_time_of_ten() {
        let calls = |fraction: Fraction| [1, 7, 15, 30].map(|budget| fraction.calls(budget));
        let minutes = |calls: u32, minutes: u32| (calls, MINUTE * minutes);
        assert_eq!(calls(Fraction::Half), [minutes(1, 1), minutes(4, 1), minutes(8, 1), minutes(15, 1)]);
        assert_eq!(
            calls(Fraction::Tenth),
            [minutes(1, 10), (1, MINUTE * 10 / 7), minutes(1, 1), minutes(3, 1)]
        );
    }
}
