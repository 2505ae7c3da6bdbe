//! An answer that says what the last one said. Nearly every poll brings one, and rendering it anew would cost more than
//! all the rest of the decision; so the last one leaves a fingerprint, if nothing in it waits for time to pass.

use jiff::Timestamp;

use super::draft::Draft;
use super::fingerprint::{fingerprint, fingerprint_unordered};
use super::listing::Judged;
use super::tally::Tally;
use super::{Observation, Target};
use crate::api::InstanceState;

impl Draft<'_> {
    /// The fingerprint of all that rendering an answer depends on but the time.
    pub(super) fn answer_fingerprint(&self, observation: &Observation, target: &Target) -> u64 {
        let Observation { at: _, groups, instances, stopped } = observation;
        let stored = (self.stored, self.input.list, self.input.memory.written);
        let said = (fingerprint_unordered(groups), fingerprint_unordered(instances), stopped);
        fingerprint(&(self.input.meta.generation, stored, target, said))
    }

    /// Whether the answer before this one had the same fingerprint and changed nothing. A clock that was put back may
    /// still make a difference, to since when an instance is what it is.
    pub(super) fn is_unchanged(&self, answer: u64, at: Timestamp) -> bool {
        let is_later = self.input.memory.observed_at.is_some_and(|before| before <= at);
        self.input.memory.unchanged == Some(answer) && is_later
    }
}

/// Whether the same answer will mean the same at any later time.
pub(super) fn is_timeless(judged: &[Judged], tally: &Tally) -> bool {
    tally.counts.missing == 0 && !judged.iter().any(|one| has_deadline(one.shown.state))
}

/// Whether `progressDeadline` runs for an instance in this state; it also runs for one that is missing.
fn has_deadline(state: InstanceState) -> bool {
    match state {
        InstanceState::Starting | InstanceState::Terminating => true,
        InstanceState::Failing | InstanceState::Unhealthy | InstanceState::Unknown | InstanceState::Ready => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::fixtures::Watch;

    /// Whether a second answer of the same kind leaves a fingerprint.
    fn is_remembered(replicas: i64, drawing: &str) -> bool {
        let mut watch = Watch::new();
        watch.see(replicas, drawing).after(60).see(replicas, drawing);
        watch.memory.unchanged.is_some()
    }

    #[test]
    fn an_answer_that_changed_nothing_is_remembered_unless_time_can_change_it() {
        assert!(is_remembered(2, "RR"));
        assert!(is_remembered(2, "UC"), "it will be no better for waiting");
        assert!(is_remembered(0, ""));
        for waiting in ["RS", "RRT", "R"] {
            assert!(!is_remembered(2, waiting), "{waiting}");
        }
    }

    #[test]
    fn news_are_not_remembered_as_unchanged() {
        let mut watch = Watch::new();
        watch.see(2, "RR");
        assert_eq!(watch.memory.unchanged, None, "all of it was news");
        watch.after(60).see(2, "RR").after(60).see(2, "RU");
        assert_eq!(watch.memory.unchanged, None);
    }
}
