//! The status in the making: the last one, changed step by step.

use jiff::Timestamp;

use super::conditions::{ConditionType, Conditions, Truth};
use super::facts::Facts;
use super::health::{truth_of, verdict_of};
use super::meaning::meaning_of;
use super::memory::Memory;
use super::question::Input;
use super::text::{NOTE_BYTES, clean, span};
use super::{Event, Reason, Target};
use crate::api::{Health, InstanceStatus, Outcome, SaeAppWatchStatus, SaeId, Time, Transition, Verdict};

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

/// A list that differs from the stored one.
pub(super) struct OfferedList {
    pub(super) instances: Vec<InstanceStatus>,
    /// Whether the same was written before and the API server left something out: no reason to write again, but with
    /// the next write its CRD may know more.
    pub(super) is_settled: bool,
}

/// A decision in the making.
pub(super) struct Draft<'a> {
    pub(super) input: &'a Input<'a>,
    /// What the stored status says, as a checksum.
    pub(super) stored: Option<u64>,
    pub(super) target: Option<Target>,
    pub(super) status: SaeAppWatchStatus,
    pub(super) conditions: Conditions<'a>,
    pub(super) events: Vec<Event>,
    pub(super) list: Option<OfferedList>,
    pub(super) memory: Memory,
    /// Whether this decision is the first outcome for the spec's generation, or a later one.
    pub(super) is_outcome: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Self {
        let mut status = input.last.cloned().unwrap_or_default();
        let stored = input.last.map_or(&[][..], |last| &last.conditions);
        let conditions = Conditions::new(std::mem::take(&mut status.conditions), stored);
        Self {
            input,
            stored: input.last.map(meaning_of),
            target: Target::of(input.spec, input.settings.default_region.as_ref())
                .filter(|_| input.unreadable.is_none()),
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
        let is_other = match self.memory.target {
            Some(shown) => shown != target.fingerprint(),
            None => self.seems_other(target),
        };
        if is_other { Data::OldTarget } else { Data::Current }
    }

    /// Whether the data is another target's, as far as a status can tell that does not name its target: an
    /// earlier process left AppHealthy behind Ready, or what is shown cannot be an answer to this spec.
    fn seems_other(&self, target: &Target) -> bool {
        let status = &self.status;
        if status.region.as_ref() != Some(&target.region) {
            return true;
        }
        let generation = Some(self.input.meta.generation);
        if self.conditions.stored_generation(ConditionType::AppHealthy) == generation {
            return false;
        }
        self.conditions.stored_generation(ConditionType::Ready) == generation
            || names_differ(status, target)
            || is_filtered(status).is_some_and(|was_filtered| was_filtered != target.is_filtered())
            || self.shows_other_instance(target)
    }

    fn shows_other_instance(&self, target: &Target) -> bool {
        let facts = self.facts();
        target.instance.as_ref().is_some_and(|id| !facts.is_empty() && facts.get(id.as_str()).is_none())
    }

    /// What is known of each instance: this process's own memory, which also knows the instances that the list
    /// omits, else what came with the status.
    pub(super) fn facts(&self) -> &Facts {
        self.memory.facts.as_ref().unwrap_or(self.input.facts)
    }

    /// Whether the stored status is what this process wrote last, so that its words can be kept.
    pub(super) fn is_own_write(&self) -> bool {
        self.input.memory.written.is_some_and(|written| self.stored == Some(written.stored))
    }

    /// Whether somebody else wrote into the stored status: it is not what this process wrote last, or its health
    /// is none that goes with its AppHealthy. Then what it shows is no reason to wait for a second poll.
    pub(super) fn is_damaged(&self) -> bool {
        let is_foreign = self.input.memory.written.is_some() && !self.is_own_write();
        let Some(shown) = self.status.health else { return true };
        is_foreign || !self.conditions.is(ConditionType::AppHealthy, truth_of(shown))
    }

    /// Sets a condition as of the spec's generation.
    pub(super) fn set(
        &mut self,
        of: ConditionType,
        truth: Truth,
        reason: Reason,
        message: impl Into<String>,
    ) {
        let message = clean(&message.into(), NOTE_BYTES);
        self.conditions.set(of, truth, reason, message, self.input.meta.generation, self.input.now);
    }

    /// Tells an event; reasons without an event are a mistake that no user should pay for, so they are silent.
    pub(super) fn tell(&mut self, reason: Reason, note: &str) {
        let note = format!("{}: {note}", self.name_application());
        self.events.extend(Event::new(&self.input.meta, self.input.last, reason, &note));
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
        // What was recorded last and not what stands there: somebody else may have written that.
        let shown = self.status.recent_transitions.first().map(|newest| newest.to).or(self.status.health);
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
        if before == Some(outcome) {
            return;
        }
        self.status.verdict = Some(Verdict { outcome, since: Time(self.now()) });
        if outcome == Outcome::Good {
            self.forget_told();
        }
    }

    fn tell_recovery(&mut self, message: &str) {
        let took = self.status.verdict.as_ref().map(|verdict| self.now().duration_since(verdict.since.0));
        let note = match took {
            Some(took) => format!("{message}; it took {}", span(took)),
            None => message.to_owned(),
        };
        self.tell(Reason::HealthRecovered, &note);
    }

    /// What was told of crash loops and images belongs to the time before the verdict became good.
    fn forget_told(&mut self) {
        if let Some(told) = &mut self.status.told {
            for told in [&mut told.crash_looping, &mut told.image_pull].into_iter().flatten() {
                told.at = None;
            }
        }
    }
}

/// Whether other groups are shown than the target names.
fn names_differ(status: &SaeAppWatchStatus, target: &Target) -> bool {
    target.groups.as_ref().is_some_and(|named| {
        let shown = status.groups.iter().map(|group| group.id.as_str());
        !status.groups.is_empty() && !named.iter().map(SaeId::as_str).eq(shown)
    })
}

/// Whether the data shown was asked for with a filter, under which no group says what it wants; `None` where
/// that cannot be seen.
fn is_filtered(status: &SaeAppWatchStatus) -> Option<bool> {
    if status.groups.iter().any(|group| group.desired.is_some()) {
        return Some(false);
    }
    let wants_some = status.counts?.desired? > 0;
    (wants_some && !status.groups.is_empty()).then_some(true)
}
