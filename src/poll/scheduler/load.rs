//! How many calls a minute the account asks for, and the slowdown at which they fit into the budget.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::poll::targets::{Priority, Share, Slowdown};

/// How long a call that was not planned counts: it fades away with this time constant.
const MEMORY: Duration = Duration::from_secs(600);

/// The calls of one account.
#[derive(Debug)]
pub(super) struct Load {
    /// What targets of each priority ask for at their own intervals, as in [`Share`].
    planned: BTreeMap<Priority, u128>,
    /// Calls that no share holds (confirmations, requests, groups), faded until `unplanned_at`.
    unplanned: f64,
    unplanned_at: Instant,
}

impl Load {
    pub(super) fn new(now: Instant) -> Self {
        Self { planned: BTreeMap::new(), unplanned: 0.0, unplanned_at: now }
    }

    pub(super) fn add(&mut self, share: Share) {
        *self.planned.entry(share.priority).or_default() += share.rate;
    }

    pub(super) fn remove(&mut self, share: Share) {
        if let Some(rate) = self.planned.get_mut(&share.priority) {
            *rate = rate.saturating_sub(share.rate);
        }
    }

    /// One call that no share holds.
    pub(super) fn add_unplanned(&mut self, now: Instant) {
        self.unplanned = self.faded(now) + 1.0;
        self.unplanned_at = now;
    }

    /// Calls a minute that no share holds, lately.
    pub(super) fn unplanned_per_minute(&self, now: Instant) -> f64 {
        self.faded(now) / MEMORY.as_secs_f64() * 60.0
    }

    /// Calls a minute that the shares of all targets ask for at a slowdown.
    pub(super) fn planned_per_minute(&self, slowdown: Slowdown) -> f64 {
        let slowed = |(priority, rate): (&Priority, &u128)| {
            *rate as f64 / 1e9 / slowdown.factor(*priority).unwrap_or(1.0)
        };
        self.planned.iter().map(slowed).sum()
    }

    /// Calls a minute of the shares that no slowdown makes smaller.
    pub(super) fn fixed_per_minute(&self) -> f64 {
        self.planned.get(&Priority::FIXED).map_or(0.0, |rate| *rate as f64 / 1e9)
    }

    /// Whether the shares ask for no more than `available` calls a minute without a slowdown.
    pub(super) fn fits(&self, available: f64) -> bool {
        self.planned_per_minute(Slowdown::default()) <= available
    }

    /// The lowest slowdown at which the shares ask for no more than `available` calls a minute.
    pub(super) fn slowdown(&self, available: f64) -> Slowdown {
        let (mut low, mut high) = (0, Slowdown::MOST.0);
        while low < high {
            let middle = low.midpoint(high);
            if self.planned_per_minute(Slowdown(middle)) <= available {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Slowdown(low)
    }

    fn faded(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.unplanned_at).as_secs_f64();
        self.unplanned * (-passed / MEMORY.as_secs_f64()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_shares() -> impl Strategy<Value = Vec<(u32, u32, u64)>> {
        let priority = prop_oneof![9 => 0..300_u32, 1 => Just(Priority::FIXED.0)];
        prop::collection::vec((priority, 1..20_u32, 15..86_400_u64), 1..50)
    }

    fn load(shares: &[(u32, u32, u64)]) -> Load {
        let mut load = Load::new(Instant::now());
        for (priority, calls, interval) in shares {
            load.add(Share::new(Priority(*priority), *calls, Duration::from_secs(*interval)));
        }
        load
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_asked_for_fits_and_no_lower_slowdown_would_do(shares in any_shares(), available in 1.0..1000.0) {
            let load = load(&shares);
            let available = available + load.fixed_per_minute();
            let slowdown = load.slowdown(available);
            prop_assert!(load.planned_per_minute(slowdown) <= available);
            if slowdown.is_in_force() {
                prop_assert!(load.planned_per_minute(Slowdown(slowdown.0 - 1)) > available);
            }
        }

        #[test]
        fn a_target_that_leaves_takes_its_share_along(shares in any_shares(), gone in any_shares()) {
            let (all, mut some) = (load(&shares), load(&shares));
            for (priority, calls, interval) in gone {
                let share = Share::new(Priority(priority), calls, Duration::from_secs(interval));
                some.add(share);
                some.remove(share);
            }
            let at = |load: &Load| load.planned_per_minute(Slowdown::default());
            prop_assert!((at(&all) - at(&some)).abs() < 1e-9);
        }
    }

    #[test]
    fn within_the_budget_nothing_slows_down() {
        assert_eq!(load(&[(0, 1, 60), (229, 1, 60)]).slowdown(2.0), Slowdown(0));
    }
}
