//! The one question: what is the status now, what just happened, and when do we look again?
//!
//! `decide` is pure and total. Deciding twice with the same input gives the same; deciding again from what the
//! first decision wrote writes nothing.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::conditions::ConditionType;
use super::digest::ListDigest;
use super::draft::{Data, Draft};
use super::facts::Facts;
use super::freshness::wake_in;
use super::memory::Memory;
use super::{Event, Observation, Pace};
use crate::api::{InstanceStatus, RegionId, SaeAppWatchSpec, SaeAppWatchStatus};

/// All that a decision depends on.
#[derive(Debug)]
pub struct Input<'a> {
    /// What the user asked for.
    pub spec: &'a SaeAppWatchSpec,
    /// Which watch, and which version of what the user asked for.
    pub meta: Meta<'a>,
    /// The stored status without its list; `None` for a watch that has none.
    pub last: Option<&'a SaeAppWatchStatus>,
    /// The checksums of the stored list.
    pub list: ListDigest,
    /// What the stored list said of each instance.
    pub facts: &'a Facts,
    /// A good answer that the status does not show yet.
    pub observation: Option<&'a Observation>,
    /// How the operator was started.
    pub settings: &'a Settings,
    /// How the polls go.
    pub pace: &'a Pace,
    /// What this process remembers.
    pub memory: &'a Memory,
    /// The time, in whole seconds, as a status holds it.
    pub now: Timestamp,
}

/// The metadata that matters.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.uid`.
    pub uid: &'a str,
    /// The value of the annotation that asks for a poll now.
    pub request: Option<&'a str>,
}

/// How the operator was started.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How often an unchanged status is written all the same.
    pub heartbeat: SignedDuration,
    /// The region of watches that name none.
    pub default_region: Option<RegionId>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The status to store, without its list.
    pub status: SaeAppWatchStatus,
    /// Whether to store it.
    pub write: bool,
    /// The list to store; `None` to leave the stored one.
    pub list: Option<Vec<InstanceStatus>>,
    /// What to tell, before anything is stored.
    pub events: Vec<Event>,
    /// When to look again if nothing happens before; `None`: no need to.
    pub wake: Option<SignedDuration>,
    /// What to remember, once everything is stored.
    pub memory: Memory,
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
                draft.be_ready();
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
        self.tell_ready();
        self.observe_generation();
        self.status.reason = self.explain_in_a_word();
        self.status.conditions = std::mem::take(&mut self.conditions).into_vec();

        let list = self.list.take().filter(|list| self.is_list_news(list));
        let write = list.is_some() || self.is_news() || self.is_heartbeat_due();
        let shown = match (write, self.input.last) {
            (false, Some(stored)) => stored.clone(),
            (true, _) | (false, None) => std::mem::take(&mut self.status),
        };
        let wake = if self.input.spec.suspend { None } else { wake_in(self.moments(&shown), self.input.now) };
        Decision { status: shown, write, list, events: self.events, wake, memory: self.memory }
    }

    /// Says which generation of the spec the status answers. AppHealthy stays with the generation whose question
    /// the data answers (contract §5), which also tells the next process that the data is another target's.
    fn observe_generation(&mut self) {
        let generation = self.input.meta.generation;
        if self.is_outcome {
            self.status.observed_generation = generation;
            for of in ConditionType::ALL {
                self.conditions.observe_generation(of, generation);
            }
        }
        let of_the_data = match self.data() {
            Data::OldTarget => self.conditions.stored_generation(ConditionType::AppHealthy),
            Data::Current | Data::None => {
                Some(generation).filter(|_| self.conditions.speaks_for(ConditionType::Ready, generation))
            }
        };
        if let Some(generation) = of_the_data {
            self.conditions.observe_generation(ConditionType::AppHealthy, generation);
        }
    }

    /// Whether the status means something else than the stored one, and storing it would change that.
    fn is_news(&self) -> bool {
        let Some(stored) = self.stored else { return true };
        let wanted = meaning_of(&self.status);
        let is_settled = self
            .input
            .memory
            .written
            .is_some_and(|written| written.applied == wanted && written.stored == stored);
        stored != wanted && !is_settled
    }

    /// Whether the list means something else than the stored one, or somebody else wrote into the stored one.
    fn is_list_news(&self, list: &[InstanceStatus]) -> bool {
        let stored = self.input.list;
        let is_foreign = self.input.memory.written.is_some_and(|written| written.list != stored.bytes);
        ListDigest::of(list).meaning != stored.meaning || is_foreign
    }

    /// Whether the time of the last good answer must be written although nothing else changed: after a
    /// heartbeat, or where the stored time would have the data called stale.
    fn is_heartbeat_due(&self) -> bool {
        let Some(last) = self.input.last else { return false };
        let (Some(observed), Some(stored)) = (&self.status.observed_at, &last.observed_at) else {
            return false;
        };
        let lag = observed.0.duration_since(stored.0);
        let looks_stale = last.stale_after.as_ref().is_some_and(|stale| self.input.now > stale.0);
        lag >= self.input.settings.heartbeat || (looks_stale && lag.is_positive())
    }
}

/// A checksum of what a status says: all but the list and the two times that a heartbeat moves. How long the
/// data stays fresh is part of it, so that a changed interval shows at once.
pub fn meaning_of(status: &SaeAppWatchStatus) -> u64 {
    let fresh_for = match (&status.observed_at, &status.stale_after) {
        (Some(observed), Some(stale)) => Some(stale.0.duration_since(observed.0).as_secs()),
        _ => None,
    };
    let lasting =
        SaeAppWatchStatus { observed_at: None, stale_after: None, instances: Vec::new(), ..status.clone() };
    let mut sum = Sha256::new();
    sum.update(serde_json::to_vec(&(lasting, fresh_for, status.observed_at.is_some())).unwrap_or_default());
    sum.finalize().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
