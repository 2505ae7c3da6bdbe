//! Polls for hints: which goes when, and when a target is hinted again (contract §13).
//!
//! A hint costs a poll that the clock would have spent on another target. So one target that is hinted in vain waits
//! longer and longer, and all of them together have a tenth of the budget until they have shown to be worth more.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::key::TargetKey;

/// So many hints of a target in a row may tell nothing new.
const IN_VAIN: u32 = 3;
/// How long it is not hinted then; doubled with each further one, up to `LONGEST_WAIT`.
const FIRST_WAIT: Duration = Duration::from_secs(600);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Polls for hints have one call in so many.
const ONE_IN: u32 = 10;
/// So many hints are remembered; more than half of them confirmed lift the limit.
const REMEMBERED: usize = 20;
/// How long a hint may wait for its turn. A list that hints at random would otherwise leave so many behind that their
/// polls go on for half an hour after it is left out.
const STALE: Duration = Duration::from_secs(120);
/// Fewer than this say nothing.
const FEWEST: usize = 3;

/// How the hints of one target have turned out.
#[derive(Debug, Default)]
pub(crate) struct HintHistory {
    /// Hints in a row that brought nothing new, since a poll last found a change.
    in_vain: u32,
    not_before: Option<Instant>,
}

impl HintHistory {
    /// A poll found a change.
    pub(crate) fn changed(&mut self) {
        *self = Self::default();
    }

    /// A poll for a hint found nothing new.
    pub(crate) fn nothing_new(&mut self, now: Instant) {
        self.in_vain += 1;
        if let Some(doublings) = self.in_vain.checked_sub(IN_VAIN) {
            let wait = FIRST_WAIT.saturating_mul(1 << doublings.min(8)).min(LONGEST_WAIT);
            self.not_before = Some(now + wait);
        }
    }

    /// When the target may be polled for a hint that comes now.
    pub(crate) fn opens_at(&self, now: Instant) -> Instant {
        self.not_before.map_or(now, |at| at.max(now))
    }
}

/// The hints of one account that wait for their poll.
#[derive(Debug)]
pub(crate) struct Hints {
    waiting: BTreeSet<(Instant, TargetKey)>,
    /// When the tenth allows the next one.
    next_at: Instant,
    /// Whether each of the last ones was confirmed.
    last: VecDeque<bool>,
}

impl Hints {
    pub(crate) fn new(now: Instant) -> Self {
        Self { waiting: BTreeSet::new(), next_at: now, last: VecDeque::new() }
    }

    /// A target waits to be polled for a hint, until `at` at the least.
    pub(crate) fn add(&mut self, at: Instant, key: TargetKey) {
        self.waiting.insert((at, key));
    }

    /// A target that waited so long waits no more.
    pub(crate) fn remove(&mut self, at: Instant, key: TargetKey) {
        self.waiting.remove(&(at, key));
    }

    /// When the next one may go.
    pub(crate) fn due(&self) -> Option<Instant> {
        let (at, _) = self.waiting.first()?;
        Some(if self.is_trusted() { *at } else { (*at).max(self.next_at) })
    }

    /// The one that goes now.
    pub(crate) fn take(&mut self, now: Instant) -> Option<TargetKey> {
        self.due().filter(|at| *at <= now)?;
        self.waiting.pop_first().map(|(_, key)| key)
    }

    /// One that has waited for too long.
    pub(crate) fn take_stale(&mut self, now: Instant) -> Option<TargetKey> {
        let (at, _) = self.waiting.first()?;
        let is_stale = now.saturating_duration_since(*at) > STALE;
        is_stale.then(|| self.waiting.pop_first())?.map(|(_, key)| key)
    }

    /// A poll for a hint takes so many calls, which lie `spacing` apart at the least.
    pub(crate) fn spend(&mut self, calls: u32, spacing: Duration, now: Instant) {
        self.next_at = self.next_at.max(now) + spacing * ONE_IN * calls;
    }

    /// A poll for a hint was answered.
    pub(crate) fn judge(&mut self, confirmed: bool) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(confirmed);
    }

    /// Whether most hints have been confirmed lately.
    fn is_trusted(&self) -> bool {
        let confirmed = self.last.iter().filter(|confirmed| **confirmed).count();
        self.last.len() >= FEWEST && confirmed * 2 > self.last.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPACING: Duration = Duration::from_secs(2);

    #[test]
    fn a_target_that_is_hinted_in_vain_waits_ten_minutes_then_twenty_up_to_an_hour() {
        let (mut history, now) = (HintHistory::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..7 {
            history.nothing_new(now);
            waits.push((history.opens_at(now) - now).as_secs() / 60);
        }
        assert_eq!(waits, [0, 0, 10, 20, 40, 60, 60]);
        history.changed();
        assert_eq!(history.opens_at(now), now);
    }

    #[test]
    fn hints_that_were_mostly_confirmed_do_not_wait_for_their_tenth() {
        let now = Instant::now();
        let mut hints = Hints::new(now);
        for target in 0..3 {
            hints.add(now, TargetKey(target));
        }
        assert_eq!(hints.take(now), Some(TargetKey(0)));
        hints.spend(1, SPACING, now);
        assert_eq!(hints.take(now), None);
        for confirmed in [true, false, true] {
            hints.judge(confirmed);
        }
        assert_eq!(hints.take(now), Some(TargetKey(1)));
        for _ in 0..3 {
            hints.judge(false);
        }
        assert_eq!(hints.take(now), None, "two of six");
    }

    #[test]
    fn a_hint_that_has_waited_for_too_long_is_dropped() {
        let now = Instant::now();
        let mut hints = Hints::new(now);
        hints.add(now, TargetKey(1));
        hints.add(now + STALE, TargetKey(2));
        assert_eq!(hints.take_stale(now + STALE), None);
        assert_eq!(hints.take_stale(now + STALE * 2), Some(TargetKey(1)));
        assert_eq!(hints.take_stale(now + STALE * 2), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Hints come at random, each poll takes some calls, and at most half of them are confirmed.
        #[test]
        fn hints_have_a_tenth_of_any_hour(
            came in prop::collection::vec((0..7_200_u64, 1..4_u32), 1..400), budget in 6..600_u32,
        ) {
            let (start, spacing) = (Instant::now(), Duration::from_secs(60) / budget);
            let mut hints = Hints::new(start);
            let mut spent: Vec<(u64, u32)> = Vec::new();
            for (number, (at, _)) in came.iter().enumerate() {
                hints.add(start + Duration::from_secs(*at), TargetKey(number as u64));
            }
            for second in 0..10_800 {
                let now = start + Duration::from_secs(second);
                while let Some(TargetKey(number)) = hints.take(now) {
                    let calls = came[usize::try_from(number).unwrap()].1;
                    hints.spend(calls, spacing, now);
                    hints.judge(spent.len() % 2 == 1);
                    spent.push((second, calls));
                }
            }
            for (first, _) in &spent {
                let hour = spent.iter().filter(|(at, _)| (*first..first + 3600).contains(at));
                let calls: u32 = hour.map(|(_, calls)| calls).sum();
                // The last one may end after the hour.
                prop_assert!(calls <= budget * 60 / 10 + 4, "{calls} calls in an hour of {budget} a minute");
            }
        }
    }
}
