//! What the status of a set says now, and what just happened.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::list::RegionLists;
use super::plan::Plan;
use super::ready_memory::ReadyMemory;
use super::state::SetState;
use crate::api::{Condition, RegionId, SaeAppWatchSetSpec, SaeAppWatchSetStatus, Time};
use crate::domain::conditions::{Conditions, Truth};
use crate::domain::freshness::{FIRST_OUTCOME, rest_in};
use crate::domain::ready_change::{ReadyChange, ready};
use crate::domain::text::count;
use crate::domain::{Access, Event, Reason};

/// The most orphans that a status names.
const NAMED_ORPHANS: usize = 50;

/// All that a decision depends on.
#[derive(Debug)]
pub struct SetInput<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.uid`.
    pub uid: &'a str,
    /// What the team declares; or what of it cannot be read, or contradicts the operator's flags.
    pub spec: Result<&'a SaeAppWatchSetSpec, &'a str>,
    /// The stored status.
    pub last: &'a SaeAppWatchSetStatus,
    /// Whether SAE may be asked, and the default region.
    pub access: &'a Access,
    /// How the lists of its regions stand.
    pub regions: &'a BTreeMap<RegionId, RegionLists>,
    /// What is to be applied, and what is not watched.
    pub plan: &'a Plan,
    /// How many watches the set owns, and how many of those are Degraded or Unhealthy.
    pub watches: (usize, usize),
    /// Why the newest apply failed, in the API server's words, if none succeeded after it.
    pub apply_failure: Option<&'a str>,
    /// Whether a watch waits for its first apply of this process and this spec. Until that has ended, a failure that the
    /// status tells of may be there still.
    pub has_untried_applies: bool,
    /// What the decision before this one remembered, as far as it was stored.
    pub memory: ReadyMemory,
    /// When anything but conditions was written last by this process.
    pub written: Option<Timestamp>,
    /// Since when this process knows the set.
    pub known_since: Timestamp,
    /// How often an unchanged status is written all the same.
    pub heartbeat: SignedDuration,
    /// The time, in whole seconds.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub struct SetDecision {
    /// The status to store; `None` where the stored one says it all.
    pub write: Option<SaeAppWatchSetStatus>,
    /// What to emit before.
    pub event: Option<Event>,
    /// What the next decision is to remember once that is stored and emitted.
    pub memory: ReadyMemory,
    /// When to decide again if nothing happens before.
    pub wake: SignedDuration,
}

/// Decides.
pub fn decide_set(input: &SetInput<'_>) -> SetDecision {
    let state = input.state();
    let memory = input.memory.next(&state, input.last, input.now);
    let first_outcome_in = memory.pending_for(input.now).map(|pending| FIRST_OUTCOME - pending);
    if let Some(left) = first_outcome_in.filter(SignedDuration::is_positive) {
        return SetDecision { write: None, event: None, memory, wake: left };
    }
    let mut status = SaeAppWatchSetStatus { conditions: input.conditions(&state), ..input.last.clone() };
    if state.is_outcome() {
        status.observed_generation = input.generation;
    }
    let rest = input.rest(&status, &state);
    let is_at_once = rest == status || input.is_just_complete(&rest);
    let wait = rest_in(input.written, input.last.watches.is_some(), input.known_since, input.now);
    let wait = if is_at_once { SignedDuration::ZERO } else { wait };
    if wait <= SignedDuration::ZERO {
        status = rest;
        let listed_at = input.listed_at().filter(|_| state.is_by_lists());
        if status != *input.last || input.is_heartbeat_due(listed_at) {
            status.listed_at = listed_at.or(status.listed_at);
        }
    }
    let wake = if wait > SignedDuration::ZERO { wait } else { input.heartbeat };
    let missing_in = memory.missing_in(input.now).filter(SignedDuration::is_positive);
    let (event, memory) = input.emit(&state, &status, memory);
    SetDecision {
        event,
        memory,
        write: Some(status).filter(|status| status != input.last),
        wake: missing_in.map_or(wake, |left| left.min(wake)),
    }
}

impl SetInput<'_> {
    fn conditions(&self, state: &SetState) -> Vec<Condition> {
        let mut conditions = Conditions::new(&self.last.conditions);
        if let Some(row) = state.row() {
            conditions.set_row(row, self.generation, self.now);
        }
        conditions.into_vec()
    }

    /// The status with all that is counted. What only lists say stays while a region of them is not listed yet.
    fn rest(&self, status: &SaeAppWatchSetStatus, state: &SetState) -> SaeAppWatchSetStatus {
        let (watches, unwell) = self.watches;
        let mut rest = SaeAppWatchSetStatus {
            watches: Some(count(watches)),
            unwell: Some(count(unwell)),
            ..status.clone()
        };
        if state.is_by_lists() && self.is_each_region_judged() {
            let Plan { apply: _, orphans, applications, omitted, conflicts, memory: _ } = self.plan;
            rest.applications = Some(count(*applications));
            rest.orphan_count = Some(count(orphans.len()));
            rest.orphans = orphans.iter().take(NAMED_ORPHANS).cloned().collect();
            rest.orphans_omitted = unless_none(orphans.len().saturating_sub(NAMED_ORPHANS));
            rest.omitted = unless_none(*omitted);
            rest.conflicts = unless_none(conflicts.len());
        }
        rest
    }

    /// Whether the last watch that was missing is made. A client that waits for so many watches waits no minute more, and no
    /// status is written for each of them.
    fn is_just_complete(&self, rest: &SaeAppWatchSetStatus) -> bool {
        let is_none_missing =
            self.is_each_region_judged() && self.plan.apply.iter().all(|apply| apply.uid.is_some());
        is_none_missing && rest.watches > self.last.watches
    }

    /// When the oldest of the lists was read that the plan comes from.
    fn listed_at(&self) -> Option<Time> {
        let lists = self.regions.values().filter_map(|lists| lists.list.as_ref());
        lists.map(|list| list.read_at).min().map(Time).filter(|_| self.is_each_region_judged())
    }

    fn is_heartbeat_due(&self, listed_at: Option<Time>) -> bool {
        let (Some(listed), Some(stored)) = (listed_at, self.last.listed_at) else { return false };
        listed.0.duration_since(stored.0) >= self.heartbeat
    }

    /// What to emit, and what is to be remembered then.
    fn emit(
        &self,
        state: &SetState,
        status: &SaeAppWatchSetStatus,
        memory: ReadyMemory,
    ) -> (Option<Event>, ReadyMemory) {
        let conditions = &*status.conditions;
        match memory.missing_in(self.now) {
            None => (self.event(state, conditions, memory).filter(|_| status != self.last), memory),
            Some(left) if left.is_positive() => (None, memory),
            // The status says so already: nothing of it need be new.
            Some(_) => {
                let event = self.change(conditions, memory).event_of(Reason::AccountNotFound);
                (event, memory.announced())
            }
        }
    }

    /// That Ready became False and why, or True again.
    fn event(&self, state: &SetState, conditions: &[Condition], memory: ReadyMemory) -> Option<Event> {
        // Of a missing account the event comes later, and without it there is no return from it.
        let is_unannounced = self.memory.is_unannounced(ready(&self.last.conditions)) && !memory.was_false();
        let is_false = ready(conditions).is_some_and(|ready| ready.status == Truth::False.as_str());
        if matches!(state, SetState::AccountMissing(_)) || (is_unannounced && !is_false) {
            return None;
        }
        self.change(conditions, memory).event(state.reason()?)
    }

    fn change<'b>(&'b self, conditions: &'b [Condition], memory: ReadyMemory) -> ReadyChange<'b> {
        let is_apply = ready(conditions).is_some_and(|ready| ready.reason == Reason::ApplyFailed.as_str());
        ReadyChange {
            uid: self.uid,
            action: if is_apply { "Apply" } else { "List" },
            before: &self.last.conditions,
            after: conditions,
            was_false: memory.was_false(),
        }
    }
}

fn unless_none(number: usize) -> Option<i64> {
    (number > 0).then(|| count(number))
}
