//! An answer that says what the last one said. Nearly every poll brings one, and rendering it anew would cost more than
//! all the rest of the decision; so the last one leaves a mark, if nothing in it waits for time to pass.

use jiff::Timestamp;

use super::draft::Draft;
use super::fingerprint::{fingerprint, fingerprint_unordered};
use super::listing::Judged;
use super::tally::Tally;
use super::{Observation, Target};
use crate::api::InstanceState;

impl Draft<'_> {
    /// All that rendering an answer depends on but the time, as a number.
    pub(super) fn mark(&self, observation: &Observation, target: &Target) -> u64 {
        let Observation { at: _, groups, instances, stopped } = observation;
        let stored = (self.stored, self.input.list, self.input.memory.written);
        let said = (fingerprint_unordered(groups), fingerprint_unordered(instances), stopped);
        fingerprint(&(self.input.meta.generation, stored, target, said))
    }

    /// Whether the answer before this one had the same mark and changed nothing. A clock that was put back may still
    /// make a difference, to since when an instance is what it is.
    pub(super) fn is_steady(&self, mark: u64, at: Timestamp) -> bool {
        let is_later = self.input.memory.observed_at.is_some_and(|before| before <= at);
        self.input.memory.steady == Some(mark) && is_later
    }
}

/// Whether the same answer will mean the same at any later time.
pub(super) fn is_timeless(judged: &[Judged<'_>], tally: &Tally) -> bool {
    tally.counts.missing == 0 && !judged.iter().any(|one| has_deadline(one.standing.state))
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

    /// Whether a second answer of the same kind leaves a mark.
    fn leaves_a_mark(replicas: i64, drawing: &str) -> bool {
        let mut watch = Watch::new();
        watch.see(replicas, drawing).after(60).see(replicas, drawing);
        watch.memory.steady.is_some()
    }

    #[test]
    fn an_answer_that_changed_nothing_leaves_a_mark_unless_time_can_change_it() {
        assert!(leaves_a_mark(2, "RR"));
        assert!(leaves_a_mark(2, "UC"), "it will be no better for waiting");
        assert!(leaves_a_mark(0, ""));
        for waiting in ["RS", "RRT", "R"] {
            assert!(!leaves_a_mark(2, waiting), "{waiting}");
        }
    }

    #[test]
    fn news_wipe_the_mark() {
        let mut watch = Watch::new();
        watch.see(2, "RR");
        assert_eq!(watch.memory.steady, None, "all of it was news");
        watch.after(60).see(2, "RR").after(60).see(2, "RU");
        assert_eq!(watch.memory.steady, None);
    }
}
