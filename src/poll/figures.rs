//! What the polls count, for metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use super::lanes::Lane;

/// What was asked of SAE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// DescribeApplicationInstances.
    Instances,
    /// DescribeApplicationGroups.
    Groups,
    /// ListApplications.
    Applications,
    /// DescribeApplicationStatus.
    Status,
}

impl Operation {
    pub(super) const ALL: [Self; 4] = [Self::Instances, Self::Groups, Self::Applications, Self::Status];

    /// The operation as SAE names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instances => "DescribeApplicationInstances",
            Self::Groups => "DescribeApplicationGroups",
            Self::Applications => "ListApplications",
            Self::Status => "DescribeApplicationStatus",
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// With a good answer.
    Answered,
    /// With an error that passes.
    Failed,
    /// With SAE's word that the account is over its quota.
    Throttled,
    /// With an error that stays until somebody acts.
    Refused,
}

impl Outcome {
    pub(super) const ALL: [Self; 4] = [Self::Answered, Self::Failed, Self::Throttled, Self::Refused];

    /// The outcome's word for metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
        }
    }
}

/// How long things took: how many, their sum, and how many took at most so long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: Duration,
    /// How many took at most as long as the bound of [`Durations::BOUNDS`] at the same place.
    pub at_most: [u64; Self::BOUNDS.len()],
}

impl Durations {
    /// The bounds of the buckets, in seconds: from a quick answer to an hour in the line.
    pub const BOUNDS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0];

    /// These and others.
    pub(super) fn with(mut self, others: &Self) -> Self {
        self.count += others.count;
        self.sum += others.sum;
        self.at_most.iter_mut().zip(others.at_most).for_each(|(count, more)| *count += more);
        self
    }

    /// The bounds, each with how many took at most so long.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        Self::BOUNDS.into_iter().zip(self.at_most)
    }

    pub(super) fn add(&mut self, took: Duration) {
        self.count += 1;
        self.sum += took;
        for (count, bound) in self.at_most.iter_mut().zip(Self::BOUNDS) {
            *count += u64::from(took.as_secs_f64() <= bound);
        }
    }
}

/// The counters of one account, from its start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Calls and how long they took, by operation and outcome.
    pub calls: BTreeMap<(Operation, Outcome), Durations>,
    /// How long work that was due waited for its turn, by lane.
    pub waits: BTreeMap<Lane, Durations>,
    /// Work that is due and waits, by lane.
    pub waiting: BTreeMap<Lane, usize>,
    /// Calls a minute that the account may make.
    pub budget: u32,
    /// Calls a minute that all targets would need at their intervals.
    pub wanted: f64,
    /// Calls under way.
    pub in_flight: usize,
    /// Targets that are polled.
    pub targets: usize,
    /// Targets that are polled more slowly than they want, for want of budget.
    pub stretched: usize,
    /// Whether the account waits because SAE said that it is over its quota.
    pub throttled: bool,
    /// Whether the credentials are rejected or missing, so that only probes go out.
    pub rejected: bool,
    /// Regions where ListApplications is denied, so that the pre-check is off.
    pub prechecks_denied: usize,
}
