//! The health that is shown: its transitions, and the verdict that events of health compare with (contract §5, §7).

use super::Reason;
use super::conditions::{ConditionType, Truth};
use super::draft::Draft;
use super::health::verdict_of;
use super::text::span;
use crate::api::{Health, Notified, Outcome, Time, Transition, Verdict};

/// The most changes of health that the status remembers (contract §2).
const TRANSITIONS: usize = 10;

impl Draft<'_> {
    /// Shows a health: remembers the transition, moves the verdict and emits what that means.
    pub(super) fn show_health(&mut self, health: Health, reason: Reason, message: &str) {
        // The last recorded transition and not `status.health`, which another writer may have changed.
        let shown = self.status.recent_transitions.first().map(|newest| newest.to).or(self.status.health);
        let from = shown.unwrap_or(Health::Unknown);
        if from != health {
            let at = Time(self.now());
            let transition = Transition { at, from, to: health, reason: reason.as_str().into() };
            self.status.recent_transitions.insert(0, transition);
            self.status.recent_transitions.truncate(TRANSITIONS);
            self.status.last_transition_at = Some(at);
        }
        self.status.health = Some(health);
        if let Some(outcome) = verdict_of(health) {
            let got_worse = shown == Some(Health::Degraded) && health == Health::Unhealthy;
            self.move_verdict(outcome, got_worse, message);
        }
    }

    /// Shows that the health of the application is unknown, and why; there is nothing left to confirm.
    pub(super) fn show_unknown(&mut self, reason: Reason, message: &str) {
        self.status.memory.streak = None;
        self.show_health(Health::Unknown, reason, message);
        self.set(ConditionType::AppHealthy, Truth::Unknown, reason, message);
    }

    fn move_verdict(&mut self, outcome: Outcome, got_worse: bool, message: &str) {
        let before = self.status.memory.verdict.as_ref().map(|verdict| verdict.outcome);
        match (before, outcome) {
            (Some(Outcome::Bad), Outcome::Bad) if got_worse => self.emit(Reason::HealthDegraded, message),
            (Some(Outcome::Good) | None, Outcome::Bad) => self.emit(Reason::HealthDegraded, message),
            (Some(Outcome::Bad), Outcome::Good) => self.emit_recovery(message),
            (Some(Outcome::Bad), Outcome::Bad) | (Some(Outcome::Good) | None, Outcome::Good) => {}
        }
        if before == Some(outcome) {
            return;
        }
        self.status.memory.verdict = Some(Verdict { outcome, since: Time(self.now()) });
        if outcome == Outcome::Good {
            self.forget_notified();
        }
    }

    fn emit_recovery(&mut self, message: &str) {
        let took =
            self.status.memory.verdict.as_ref().map(|verdict| self.now().duration_since(verdict.since.0));
        let note = match took {
            Some(took) => format!("{message}; it took {}", span(took)),
            None => message.to_owned(),
        };
        self.emit(Reason::HealthRecovered, &note);
    }

    /// Events of crash loops and images belong to the time before the verdict became good.
    fn forget_notified(&mut self) {
        if let Some(Notified { crash_looping, image_pull }) = &mut self.status.memory.notified {
            for notice in [crash_looping, image_pull].into_iter().flatten() {
                notice.at = None;
            }
        }
    }
}
