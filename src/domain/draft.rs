//! The status in the making: the last one, changed step by step.

use jiff::Timestamp;

use super::conditions::{ConditionType, Conditions, Truth};
use super::decide::{Input, meaning_of};
use super::facts::Facts;
use super::health::verdict_of;
use super::memory::Memory;
use super::text::span;
use super::{Event, Reason, Target};
use crate::api::{Health, InstanceStatus, Outcome, SaeAppWatchStatus, Time, Transition, Verdict};

/// The most changes of health that the status remembers (contract §2).
const TRANSITIONS: usize = 10;

/// Whether there is data to show, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    /// Nothing was ever observed.
    None,
    /// What is shown answers the question that the spec asks.
    Current,
    /// What is shown answers an earlier question: other groups, another region, other filters.
    OldTarget,
}

/// A decision in the making.
pub(super) struct Draft<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) target: Option<Target>,
    pub(super) status: SaeAppWatchStatus,
    pub(super) conditions: Conditions,
    pub(super) events: Vec<Event>,
    pub(super) list: Option<Vec<InstanceStatus>>,
    pub(super) memory: Memory,
    /// Whether this decision is the first outcome for the spec's generation, or a later one.
    pub(super) is_outcome: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let mut status = input.last.cloned().unwrap_or_default();
        let conditions = Conditions::of(&std::mem::take(&mut status.conditions));
        Self {
            input,
            target: Target::of(input.spec, input.settings.default_region.as_ref()),
            status,
            conditions,
            events: Vec::new(),
            list: None,
            memory: input.memory.clone(),
            is_outcome: false,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.input.now
    }

    /// Whose data the status shows. A process that just started does not know the target of the data; then the
    /// status itself tells as much as it can.
    pub(super) fn data(&self) -> Data {
        if self.status.observed_at.is_none() {
            return Data::None;
        }
        let Some(target) = &self.target else { return Data::Current };
        let is_other = match &self.memory.target {
            Some(shown) => shown != target,
            None => self.seems_other(target),
        };
        if is_other { Data::OldTarget } else { Data::Current }
    }

    fn seems_other(&self, target: &Target) -> bool {
        let status = &self.status;
        if status.region.as_ref() != Some(&target.region) {
            return true;
        }
        if status.observed_generation == self.input.meta.generation {
            return false;
        }
        let waits_for_target = self.conditions.is(ConditionType::Ready, Truth::Unknown);
        let names_differ = target.groups.as_ref().is_some_and(|named| {
            !status.groups.is_empty()
                && !named
                    .iter()
                    .map(crate::api::SaeId::as_str)
                    .eq(status.groups.iter().map(|g| g.id.as_str()))
        });
        let was_unfiltered = status.groups.iter().any(|group| group.desired.is_some());
        let facts = self.facts();
        let is_other_instance =
            target.instance.as_ref().is_some_and(|id| !facts.is_empty() && facts.get(id.as_str()).is_none());
        waits_for_target || names_differ || (target.is_filtered() && was_unfiltered) || is_other_instance
    }

    /// What is known of each instance: this process's own memory, which also knows the instances that the list
    /// omits, else what came with the status.
    pub(super) fn facts(&self) -> &Facts {
        self.memory.facts.as_ref().unwrap_or(self.input.facts)
    }

    /// Whether the stored status is what this process wrote last, so that its words can be kept.
    pub(super) fn is_own_write(&self) -> bool {
        match (self.input.last, self.memory.written) {
            (Some(last), Some(written)) => written.stored == meaning_of(last),
            (None, _) | (_, None) => false,
        }
    }

    /// Sets a condition as of the spec's generation.
    pub(super) fn set(
        &mut self,
        of: ConditionType,
        truth: Truth,
        reason: Reason,
        message: impl Into<String>,
    ) {
        self.conditions.set(of, truth, reason, message.into(), self.input.meta.generation, self.input.now);
    }

    /// Tells an event; reasons without an event are a mistake that no user should pay for, so they are silent.
    pub(super) fn tell(&mut self, reason: Reason, note: &str) {
        let note = format!("{}: {note}", self.name_application());
        self.events.extend(Event::new(self.input.meta.uid, self.input.last, reason, &note));
    }

    fn name_application(&self) -> String {
        let app = &self.input.spec.app_id;
        match &self.target {
            Some(target) => format!("app {app} ({})", target.region),
            None => format!("app {app}"),
        }
    }

    /// Shows a health: remembers the transition, moves the verdict and tells what that means.
    pub(super) fn show_health(&mut self, health: Health, reason: Reason, message: &str) {
        let shown = self.status.health;
        if shown.unwrap_or(Health::Unknown) != health {
            self.status.recent_transitions.insert(
                0,
                Transition {
                    at: Time(self.now()),
                    from: shown.unwrap_or(Health::Unknown),
                    to: health,
                    reason: reason.as_str().into(),
                },
            );
            self.status.recent_transitions.truncate(TRANSITIONS);
            self.status.last_transition_at = Some(Time(self.now()));
        }
        self.status.health = Some(health);
        if let Some(outcome) = verdict_of(health) {
            self.move_verdict(
                outcome,
                shown == Some(Health::Degraded) && health == Health::Unhealthy,
                message,
            );
        }
    }

    fn move_verdict(&mut self, outcome: Outcome, got_worse: bool, message: &str) {
        let before = self.status.verdict.as_ref().map(|verdict| verdict.outcome);
        match (before, outcome) {
            (Some(Outcome::Bad), Outcome::Bad) if got_worse => self.tell(Reason::HealthDegraded, message),
            (Some(Outcome::Good) | None, Outcome::Bad) => self.tell(Reason::HealthDegraded, message),
            (Some(Outcome::Bad), Outcome::Good) => self.tell_recovery(message),
            (Some(Outcome::Bad), Outcome::Bad) | (Some(Outcome::Good) | None, Outcome::Good) => {}
        }
        if before != Some(outcome) {
            self.status.verdict = Some(Verdict { outcome, since: Time(self.now()) });
        }
    }

    fn tell_recovery(&mut self, message: &str) {
        let took = self.status.verdict.as_ref().map(|verdict| self.now().duration_since(verdict.since.0));
        let note = match took {
            Some(took) => format!("{message}; it took {}", span(took)),
            None => message.to_owned(),
        };
        self.tell(Reason::HealthRecovered, &note);
        // What was told of crash loops and images belongs to the bad time that is over.
        if let Some(told) = &mut self.status.told {
            for told in [&mut told.crash_looping, &mut told.image_pull].into_iter().flatten() {
                told.at = None;
            }
        }
    }
}
