//! What of an answer is kept for the next poll, and when the groups are read again (contract §4).
//!
//! Groups say how many instances are wanted, and they change with a deployment or a scaling, which is rare. A
//! call for them with every poll would halve what the quota is good for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Headcount, ObservedGroup};
use crate::sae::Known;

/// What of an answer is kept for the next poll.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(crate) groups: Option<KnownGroups>,
    pub(crate) headcount: Option<Headcount>,
    /// The fingerprint of all that a change would show in.
    pub(crate) fingerprint: Option<u64>,
    /// By how much SAE's count of a group differed from its list.
    pub(crate) differences: BTreeMap<String, i64>,
    /// Calls for pages of instances.
    pub(crate) calls: u32,
}

impl Knowledge {
    /// What the next poll starts with; without the groups, if it is to read them again.
    pub(crate) fn known(&self, reads_groups: bool) -> Known {
        let groups = self.groups.as_ref().filter(|_| !reads_groups);
        Known {
            groups: groups.map(|known| known.groups.clone()),
            headcount: self.headcount,
            differences: self.differences.clone(),
        }
    }

    /// Whether the groups are old, as far as they are known.
    pub(crate) fn has_old_groups(&self, covered: bool, now: Instant) -> bool {
        self.groups.as_ref().is_some_and(|known| known.are_old(covered, now))
    }
}

/// Groups as read last.
#[derive(Debug, Clone)]
pub(crate) struct KnownGroups {
    pub(crate) groups: Arc<[ObservedGroup]>,
    /// When the poll began that read them.
    pub(crate) read_at: Instant,
    /// Polls of the target since then.
    pub(crate) polls: u32,
}

impl KnownGroups {
    /// Whether the poll that begins now reads them again: ten minutes after the last time, or with the tenth poll
    /// since, whichever is later. While the pre-check covers the target they do not age, since a changed number of
    /// instances shows there.
    fn are_old(&self, covered: bool, now: Instant) -> bool {
        let old = now.saturating_duration_since(self.read_at) >= Duration::from_secs(600);
        !covered && old && self.polls + 1 >= 10
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(minutes: u64, polls: u32) -> (KnownGroups, Instant) {
        let read_at = Instant::now();
        (KnownGroups { groups: [].into(), read_at, polls }, read_at + Duration::from_secs(60 * minutes))
    }

    #[test]
    fn groups_age_with_ten_minutes_or_the_tenth_poll_whichever_is_later() {
        for (minutes, polls, old) in [(9, 100, false), (10, 9, true), (100, 8, false), (100, 9, true)] {
            let (groups, now) = known(minutes, polls);
            assert_eq!(groups.are_old(false, now), old, "{minutes} min and {polls} polls");
            assert!(!groups.are_old(true, now), "not while the pre-check covers them");
        }
    }
}
