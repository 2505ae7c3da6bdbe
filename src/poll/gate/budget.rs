//! The pace of one account: when the next call may start (contract §8, "Pace").

use std::time::Duration;

use tokio::time::Instant;

/// How many calls may be under way at once. Enough to spend 60 calls a minute on answers that take 10 s, few
/// enough that a hanging SAE holds no heap of connections.
const MAX_IN_FLIGHT: usize = 16;

/// So much of the lateness of a call does not delay those after it. Tokio's timers fire up to 1 ms late, which would
/// otherwise cost 6,000 calls a minute a tenth of them. Half the shortest distance, so that two calls never go together.
const LATE: Duration = Duration::from_millis(5);

/// Calls that start a fixed distance apart.
///
/// Each has a moment from which on it may start, one distance after that of the call before it, and at most `LATE` before
/// it starts in fact. N distances are 60 s and `LATE`, so the start of a call and that of the Nth after it are 60 s apart
/// even if only the first was late: any 60 s hold at most N starts.
///
/// No more credit is saved up: an idle minute does not allow a burst later. And since the first call waits that distance
/// too, a process that is killed and started again, however often, keeps the same law with nothing stored.
#[derive(Debug)]
pub(crate) struct Budget {
    spacing: Duration,
    next: Instant,
    in_flight: usize,
    /// Whether the newest call reached SAE. Until then one call goes at a time: calls that wait together, for
    /// the first credentials or for a connection, would otherwise be sent together.
    reached: bool,
}

impl Budget {
    /// A budget of `calls_per_minute` (at least 1) that starts now.
    pub(super) fn new(calls_per_minute: u32, now: Instant) -> Self {
        let spacing = spacing(calls_per_minute);
        Self { spacing, next: now + spacing, in_flight: 0, reached: false }
    }

    /// Changes the pace from now on: the next call starts the new distance after the last one. So no two calls are
    /// closer together than any budget since the first of them allowed, and no 60 s hold more than the largest budget
    /// in force in them.
    pub(super) fn set(&mut self, calls_per_minute: u32) {
        let spacing = spacing(calls_per_minute);
        // The last call lies the old distance before the next one; before the first call, the start does.
        self.next = (self.next + spacing).checked_sub(self.spacing).unwrap_or(self.next);
        self.spacing = spacing;
    }

    /// When the next call may start; `None` while too many are under way.
    pub(super) fn ready_at(&self) -> Option<Instant> {
        let may = if self.reached { MAX_IN_FLIGHT } else { 1 };
        (self.in_flight < may).then_some(self.next)
    }

    /// The time between the starts of two calls.
    pub(crate) fn spacing(&self) -> Duration {
        self.spacing
    }

    /// A call starts.
    pub(super) fn spend(&mut self, now: Instant) {
        self.next = (self.next + LATE).max(now) - LATE + self.spacing;
        self.in_flight += 1;
    }

    /// A call has ended; whether SAE answered it, in whatever way.
    pub(crate) fn returned(&mut self, reached: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.reached = reached;
    }

    /// Calls under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }
}

/// The distance between the starts of two calls. Rounded up: one a fraction too short would fit one call too many into
/// a minute.
fn spacing(calls_per_minute: u32) -> Duration {
    (Duration::from_secs(60) + LATE) / calls_per_minute.max(1) + Duration::from_nanos(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// How late calls start after they may, in microseconds: by the timer, by a busy machine, or since none was needed.
    /// A list for each process; the next one starts when the one before it has made its last call.
    fn delays() -> impl Strategy<Value = Vec<Vec<u64>>> {
        let delay = prop_oneof![8 => 0_u64..1_100, 2 => 0_u64..20_000, 1 => 0_u64..90_000_000];
        prop::collection::vec(prop::collection::vec(delay, 1..150), 1..4)
    }

    /// The starts of calls that are so late.
    fn starts(calls_per_minute: u32, delays: &[Vec<u64>]) -> Vec<Instant> {
        let mut starts = Vec::new();
        for process in delays {
            let mut budget =
                Budget::new(calls_per_minute, starts.last().copied().unwrap_or_else(Instant::now));
            for delay in process {
                let now = budget.next + Duration::from_micros(*delay);
                budget.spend(now);
                starts.push(now);
            }
        }
        starts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_60_s_hold_more_calls_than_the_budget_however_late_some_are(calls in 1_u32..120, delays in delays()) {
            let starts = starts(calls, &delays);
            for (first, next) in starts.iter().zip(starts.iter().skip(calls as usize)) {
                prop_assert!(*next - *first >= MINUTE, "{:?}", *next - *first);
            }
        }

        #[test]
        fn no_two_calls_go_together(calls in 1_u32..=6_000, delays in delays()) {
            let apart = MINUTE / calls / 2;
            prop_assert!(starts(calls, &delays).is_sorted_by(|one, next| *next - *one >= apart));
        }
    }

    #[test]
    fn timers_that_fire_late_cost_no_calls() {
        let starts = starts(6_000, &[vec![1_000; 6_000]]);
        let took = starts[starts.len() - 1] - starts[0];
        assert!(took <= MINUTE + LATE, "{took:?}");
    }

    #[test]
    fn the_first_call_waits_as_long_as_every_other() {
        let start = Instant::now();
        let mut budget = Budget::new(30, start);
        let distance = budget.spacing();
        assert_eq!(distance.as_millis(), 2_000);
        assert_eq!(budget.ready_at(), Some(start + distance));
        budget.spend(start + MINUTE);
        budget.returned(true);
        let next = start + MINUTE + distance - LATE;
        assert_eq!(budget.ready_at(), Some(next), "an idle minute is no credit");
    }

    #[test]
    fn a_distance_that_is_no_whole_number_is_rounded_up() {
        let start = Instant::now();
        let spacing = Budget::new(7, start).ready_at().unwrap() - start;
        assert!(spacing * 7 >= Duration::from_secs(60));
    }

    #[test]
    fn a_changed_budget_holds_from_the_last_call_on() {
        let start = Instant::now();
        let mut budget = Budget::new(30, start);
        budget.set(6);
        assert_eq!(budget.ready_at(), Some(start + spacing(6)), "the first call waits for it, too");
        let called = start + spacing(6);
        budget.spend(called);
        budget.returned(true);
        budget.set(60);
        assert_eq!(budget.ready_at(), Some(called + spacing(60)));
        budget.set(1);
        assert_eq!(budget.ready_at(), Some(called + spacing(1)));
    }

    #[test]
    fn with_sixteen_calls_under_way_the_next_waits_for_an_answer() {
        let now = Instant::now();
        let mut budget = Budget::new(6000, now);
        budget.spend(now);
        budget.returned(true);
        for _ in 0..16 {
            assert!(budget.ready_at().is_some());
            budget.spend(now);
        }
        assert_eq!(budget.ready_at(), None);
        budget.returned(true);
        assert!(budget.ready_at().is_some());
    }

    #[test]
    fn while_sae_is_out_of_reach_one_call_goes_at_a_time() {
        let now = Instant::now();
        let mut budget = Budget::new(6000, now);
        budget.spend(now);
        assert_eq!(budget.ready_at(), None, "no response has come yet");
        budget.returned(false);
        budget.spend(now);
        assert_eq!(budget.ready_at(), None);
    }
}
