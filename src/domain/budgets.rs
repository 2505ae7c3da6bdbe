//! How many events of a watch may be emitted (contract §7).

use jiff::{SignedDuration, Timestamp};

use super::EventType;

/// How many events of a watch may be emitted: 25, then one every 5 minutes, as client-go's correlator has it for a
/// source and an object; Warning and Normal apart, so that no chatter can hide a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budgets {
    normal: Budget,
    warning: Budget,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Budget {
    left: u32,
    filled_at: Timestamp,
}

const BURST: u32 = 25;
const REFILL: SignedDuration = SignedDuration::from_mins(5);

impl Budgets {
    /// Budgets of which nothing was spent.
    pub fn full(now: Timestamp) -> Self {
        let budget = Budget { left: BURST, filled_at: now };
        Self { normal: budget, warning: budget }
    }

    /// Takes one event of a kind out of its budget; false when the budget is spent.
    pub fn take(&mut self, kind: EventType, now: Timestamp) -> bool {
        let budget = match kind {
            EventType::Normal => &mut self.normal,
            EventType::Warning => &mut self.warning,
        };
        budget.take(now)
    }
}

impl Budget {
    fn take(&mut self, now: Timestamp) -> bool {
        let earned = now.duration_since(self.filled_at).as_secs() / REFILL.as_secs();
        if earned > 0 {
            self.left = BURST.min(self.left.saturating_add(u32::try_from(earned).unwrap_or(BURST)));
            self.filled_at = if self.left == BURST {
                now
            } else {
                self.filled_at + REFILL * i32::try_from(earned).unwrap_or(1)
            };
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_25_and_then_one_every_5_minutes() {
        let start = Timestamp::UNIX_EPOCH;
        let mut budgets = Budgets::full(start);
        let emitted = (0..100).filter(|_| budgets.take(EventType::Normal, start)).count();
        assert_eq!(emitted, 25);
        assert!(budgets.take(EventType::Warning, start), "warnings have their own");
        let later = |minutes| start + SignedDuration::from_mins(minutes);
        assert!(!budgets.take(EventType::Normal, later(4)));
        assert!(budgets.take(EventType::Normal, later(5)));
        assert!(!budgets.take(EventType::Normal, later(9)));
        let after_a_day = (0..100).filter(|_| budgets.take(EventType::Normal, later(1440))).count();
        assert_eq!(after_a_day, 25);
    }
}
