//! The one question: what is the status now, what just happened, and when does the watch have to be reconciled again?
//!
//! `decide` is pure and total. Deciding twice with the same input gives the same; deciding again from what the
//! first decision wrote writes nothing.

use jiff::SignedDuration;

use super::Event;
use super::conditions::ConditionType;
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::fingerprint::{ListFingerprint, status_fingerprint};
use super::freshness::{is_heartbeat_due, wake_in};
use super::input::Input;
use super::memory::Memory;
use super::watch_state::WatchState;
use crate::api::{InstanceStatus, SaeAppWatchStatus};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to store, without its list; `None` where the stored one says it all.
    pub write: Option<SaeAppWatchStatus>,
    /// The list to store; `None` to leave the stored one.
    pub list: Option<Vec<InstanceStatus>>,
    /// What to emit, before anything is stored.
    pub events: Vec<Event>,
    /// When to reconcile again if nothing happens before; `None`: no need to.
    pub wake: Option<SignedDuration>,
    /// What to remember, once everything is stored.
    pub memory: Memory,
}

impl Decision {
    /// The status from now on: the one to store, or else the one that is stored.
    pub fn status<'a>(&'a self, stored: Option<&'a SaeAppWatchStatus>) -> Option<&'a SaeAppWatchStatus> {
        self.write.as_ref().or(stored)
    }
}

/// Decides.
pub fn decide(input: &Input<'_>) -> Decision {
    let mut draft = Draft::new(input);
    draft.note_resumption();
    if input.spec.suspend {
        draft.suspend();
    } else {
        match input.observation {
            Some(observation) if draft.target.is_some() => {
                draft.observe(observation);
                draft.enter(&WatchState::Observed);
            }
            _ => draft.reassess(),
        }
        draft.judge_polls();
        draft.judge_age();
    }
    draft.handle_request();
    draft.finish()
}

impl Draft<'_> {
    fn finish(mut self) -> Decision {
        self.emit_ready();
        self.observe_generation();
        self.status.reason = self.conditions.explanation().map(ToOwned::to_owned);
        self.status.conditions = std::mem::take(&mut self.conditions).into_vec();

        let list = self.list.take();
        let wanted = status_fingerprint(&self.status);
        let changes_something = self.stored != Some(wanted) || list.is_some() || !self.events.is_empty();
        if changes_something || self.status.streak.is_some() {
            self.memory.unchanged = None;
        }
        let is_to_write = list.is_some() || self.is_news(wanted) || self.is_heartbeat_due();
        let write = is_to_write.then(|| std::mem::take(&mut self.status));
        let shown = write.as_ref().or(self.input.last).filter(|_| !self.input.spec.suspend);
        let wake = shown.and_then(|shown| wake_in(self.moments(shown), self.input.now));
        Decision { write, list, events: self.events, wake, memory: self.memory }
    }

    /// Says which generation of the spec the status answers. AppHealthy stays with the generation whose question
    /// the data answers (contract §5), which also says to the next process that the data is another target's.
    fn observe_generation(&mut self) {
        let generation = self.input.meta.generation;
        if self.is_outcome {
            self.status.observed_generation = generation;
            for of in ConditionType::ALL {
                self.conditions.observe_generation(of, generation);
            }
        }
        let of_the_data = match self.data_origin() {
            DataOrigin::OldTarget => self.conditions.stored_generation(ConditionType::AppHealthy),
            DataOrigin::Current | DataOrigin::None => {
                Some(generation).filter(|_| self.conditions.speaks_for(ConditionType::Ready, generation))
            }
        };
        if let Some(generation) = of_the_data {
            self.conditions.observe_generation(ConditionType::AppHealthy, generation);
        }
    }

    /// Whether the status says something else than the stored one, and storing it would change that.
    fn is_news(&self, wanted: u64) -> bool {
        let Some(stored) = self.stored else { return true };
        let was_tried = self
            .input
            .memory
            .written
            .is_some_and(|written| written.applied == wanted && written.stored == stored);
        stored != wanted && !was_tried
    }

    /// Whether the list says something else than the stored one, or somebody else wrote into the stored one.
    pub(super) fn is_list_news(&self, list: ListFingerprint) -> bool {
        let stored = self.input.list;
        let is_foreign = self.input.memory.written.is_some_and(|written| written.list != stored.whole);
        list.without_messages != stored.without_messages || is_foreign
    }

    /// Whether the time of the last good answer must be written although nothing else changed: after a
    /// heartbeat, or where the stored time would have the data called stale.
    fn is_heartbeat_due(&self) -> bool {
        let Some(last) = self.input.last else { return false };
        let (Some(observed), Some(stored)) = (self.status.observed_at, last.observed_at) else {
            return false;
        };
        let lag = observed.0.duration_since(stored.0);
        let looks_stale = last.stale_after.is_some_and(|stale| self.input.now > stale.0);
        is_heartbeat_due(lag, self.input.settings.heartbeat) || (looks_stale && lag.is_positive())
    }
}
