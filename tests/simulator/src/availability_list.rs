//! The list that GetAvailabilityMetric answers from: right, old, or useless in one of four ways.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::applications::Applications;
use crate::availability::Availability;

/// What GetAvailabilityMetric answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AvailabilityList {
    /// What the list is good for.
    pub list: ListQuality,
    /// The list shows the applications as they were so long ago, in milliseconds; an hour at most.
    pub age_millis: u64,
}

/// What a list is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ListQuality {
    /// It is right.
    #[default]
    Honest,
    /// It has no rows.
    Empty,
    /// It stays as it was when this was set.
    Frozen,
    /// In each answer one application of twenty, drawn anew, has another number than the right one.
    Noisy {
        /// Of the random numbers.
        seed: u64,
    },
    /// Each answer has five applications, drawn anew, with any number.
    Random {
        /// Of the random numbers.
        seed: u64,
    },
}

/// The lists that one account is answered, one a call.
#[derive(Debug, Default)]
pub(crate) struct AvailabilityLists {
    setting: AvailabilityList,
    /// What a frozen list shows.
    frozen: Vec<Availability>,
    dice: fastrand::Rng,
}

impl AvailabilityList {
    /// A right list.
    pub fn honest() -> Self {
        Self::default()
    }

    /// A list without rows.
    pub fn empty() -> Self {
        Self::of(ListQuality::Empty)
    }

    /// A list that stays as it is now.
    pub fn frozen() -> Self {
        Self::of(ListQuality::Frozen)
    }

    /// One application of twenty with a wrong number.
    pub fn noisy(seed: u64) -> Self {
        Self::of(ListQuality::Noisy { seed })
    }

    /// Any five applications with any number.
    pub fn random(seed: u64) -> Self {
        Self::of(ListQuality::Random { seed })
    }

    /// The list as it would have been so long ago.
    pub fn aged(mut self, age: Duration) -> Self {
        self.age_millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        self
    }

    fn of(list: ListQuality) -> Self {
        Self { list, age_millis: 0 }
    }

    /// What the list would show if it were right.
    fn right(self, applications: &Applications, now: Instant) -> Vec<Availability> {
        let then = now.checked_sub(Duration::from_millis(self.age_millis));
        then.map(|then| applications.availability_at(then)).unwrap_or_default()
    }
}

impl AvailabilityLists {
    pub(crate) fn set(&mut self, setting: AvailabilityList, applications: &Applications, now: Instant) {
        self.setting = setting;
        self.frozen = setting.right(applications, now);
        if let ListQuality::Noisy { seed } | ListQuality::Random { seed } = setting.list {
            self.dice = fastrand::Rng::with_seed(seed);
        }
    }

    /// The applications with failing instances, those with the most first.
    pub(crate) fn worst(
        &mut self,
        applications: &Applications,
        wanted: impl Fn(&Availability) -> bool,
        now: Instant,
    ) -> Vec<Availability> {
        let mut rows = match self.setting.list {
            ListQuality::Frozen => self.frozen.clone(),
            _ => self.setting.right(applications, now),
        };
        rows.retain(wanted);
        match self.setting.list {
            ListQuality::Honest | ListQuality::Frozen => {}
            ListQuality::Empty => rows.clear(),
            ListQuality::Noisy { .. } => self.disturb(&mut rows),
            ListQuality::Random { .. } => self.draw(&mut rows),
        }
        rows.retain(|row| row.failing > 0);
        rows.sort_by(|one, other| {
            (Reverse(one.failing), &one.app).cmp(&(Reverse(other.failing), &other.app))
        });
        rows
    }

    /// One row of twenty gets another number.
    fn disturb(&mut self, rows: &mut [Availability]) {
        self.dice.shuffle(rows);
        let disturbed = rows.len().div_ceil(20);
        for row in &mut rows[..disturbed] {
            let other = self.dice.usize(..row.most());
            row.failing = if other < row.failing { other } else { other + 1 };
        }
    }

    /// Five rows stay, with any number.
    fn draw(&mut self, rows: &mut Vec<Availability>) {
        self.dice.shuffle(rows);
        rows.truncate(5);
        for row in rows {
            row.failing = self.dice.usize(1..=row.most());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::Application;

    #[test]
    fn a_change_is_in_the_list_when_it_is_as_old_as_the_list() {
        let start = Instant::now() + Duration::from_hours(1);
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut applications = Applications::default();
        let mut lists = AvailabilityLists::default();
        lists.set(AvailabilityList::honest().aged(Duration::from_secs(10)), &applications, start);
        applications.put(Application::new("shop").group("g-1", 2).running(2), start);
        applications.change("shop", after(20), |app| app.instance(0).fail_readiness());
        applications.change("shop", after(25), |app| app.instance(0).recover());
        for (second, rows) in [(20, 0), (29, 0), (30, 1), (34, 1), (35, 0)] {
            assert_eq!(lists.worst(&applications, |_| true, after(second)).len(), rows, "after {second} s");
        }
    }
}
