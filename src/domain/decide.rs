//! The one question: what is the status now, what just happened, and when does the watch have to be reconciled again?
//!
//! `decide` is pure and total. Deciding twice with the same input gives the same; deciding again from what the
//! first decision wrote writes nothing.

use jiff::SignedDuration;

use super::conditions::ConditionType;
use super::data_origin::DataOrigin;
use super::draft::{Draft, OfferedList};
use super::fingerprint::status_fingerprint;
use super::freshness::{FIRST_OUTCOME, FIRST_TURN, is_heartbeat_due, wake_in, whole_seconds};
use super::input::Input;
use super::memory::Memory;
use super::watch_state::WatchState;
use super::{Admission, Event, Observation, Reason};
use crate::api::{InstanceStatus, NEVER_OBSERVED, SaeAppWatchStatus};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to store, without its list; `None` where the stored one says it all.
    pub write: Option<SaeAppWatchStatus>,
    /// Whether storing it is left for later: a new watch without an outcome is given some seconds to have one.
    pub is_deferred: bool,
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
    draft.memory.first_visit.get_or_insert(input.now);
    draft.memory.refused = false;
    draft.note_resumption();
    if draft.is_suspended() {
        draft.suspend();
    } else {
        match input.observation {
            Some(observation) if draft.takes(observation) => {
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
    /// Whether an answer is one to what the spec asks and may be shown.
    fn takes(&self, observation: &Observation) -> bool {
        let is_granted = self.input.access.admission == Admission::Granted;
        is_granted && self.target.is_some() && !self.is_outdated(observation)
    }

    /// Whether the status shows a newer answer: another replica has written it in the meantime. A time in the
    /// future comes from a clock that was put back since; such data must not win until that time.
    fn is_outdated(&self, observation: &Observation) -> bool {
        let shown = self.status.observed_at.map(|time| time.0).filter(|shown| *shown <= self.now());
        self.data_origin() == DataOrigin::Current
            && shown.is_some_and(|shown| whole_seconds(observation.at) < shown)
    }

    fn finish(mut self) -> Decision {
        self.emit_ready();
        // In the order of their names, so that those who list them by name see them as those who list them by time.
        self.events.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.observe_generation();
        self.explain_row();
        self.status.conditions = std::mem::take(&mut self.conditions).into_vec();

        let wanted = status_fingerprint(&self.status);
        let changes_something = self.stored != Some(wanted) || self.list.is_some() || !self.events.is_empty();
        if changes_something || self.status.memory.streak.is_some() {
            self.memory.unchanged = None;
        }
        let has_new_list = self.list.as_ref().is_some_and(|list| !list.was_tried);
        let is_to_write = has_new_list || self.is_news(wanted) || self.is_heartbeat_due();
        let list = self.list.take().filter(|_| is_to_write).map(|list| list.instances);
        let is_deferred = is_to_write && self.may_go_without_status();
        let write = is_to_write.then(|| std::mem::take(&mut self.status));
        let shown = write.as_ref().or(self.input.last).filter(|_| !self.asks_for_no_polls());
        let moments = shown.map(|shown| self.moments(shown)).into_iter().flatten();
        let wake = wake_in(moments.chain([is_deferred.then_some(self.input.now)]), self.input.now);
        Decision { write, is_deferred, list, events: self.events, wake, memory: self.memory }
    }

    /// Whether a watch of which nothing is stored, observed or emitted yet may go on without a status: the schema's
    /// observedGeneration of -1 speaks for it.
    fn may_go_without_status(&self) -> bool {
        let first_visit = self.memory.first_visit.unwrap_or(self.input.now);
        let has_no_status = self
            .input
            .last
            .is_none_or(|last| last.observed_generation == NEVER_OBSERVED && last.conditions.is_empty());
        let has_no_outcome = !self.is_outcome && self.status.observed_at.is_none() && self.events.is_empty();
        let patience = if self.input.pace.is_queued { FIRST_TURN } else { FIRST_OUTCOME };
        has_no_status && has_no_outcome && self.now().duration_since(first_visit) < patience
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

    /// Says in one word and one sentence why the row of the watch is as it is.
    fn explain_row(&mut self) {
        let explanation = if self.is_suspended() {
            Some((Reason::Suspended.as_str().to_owned(), self.explain_suspension()))
        } else {
            self.conditions.explanation().map(|one| (one.reason.clone(), one.message.clone()))
        };
        (self.status.reason, self.status.message) = explanation.unzip();
    }

    /// Whether the status says something else than the stored one, and storing it would change that.
    fn is_news(&self, wanted: u64) -> bool {
        let Some(stored) = self.stored else { return true };
        let was_tried = self
            .input
            .memory
            .written
            .is_some_and(|written| written.wanted == wanted && written.stored == stored);
        stored != wanted && !was_tried
    }

    /// Offers a list for the status, unless the stored one has the same `fingerprint` and no other writer changed it.
    pub(super) fn offer_list(&mut self, fingerprint: u64, instances: impl FnOnce() -> Vec<InstanceStatus>) {
        let stored = self.input.list;
        let written = self.input.memory.written.map(|written| written.list);
        let is_foreign = written.is_some_and(|written| written.stored != stored.whole);
        if fingerprint != stored.without_messages || is_foreign {
            let was_tried = !is_foreign && written.is_some_and(|written| written.wanted == fingerprint);
            self.list = Some(OfferedList { instances: instances(), was_tried });
        }
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
