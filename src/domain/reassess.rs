//! What a changed spec makes of the data that is there, until the answer to it comes (contract §8).

use super::damping::{Damped, apply_thresholds};
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::health::{assess, explain};
use super::tally::recount;
use crate::api::{Health, HealthRules};

impl Draft<'_> {
    /// Renders a changed spec from what is known, until the answer to it comes: percentages and thresholds count
    /// at once, `requireHealthCheck` and `progressDeadline` with that answer (contract §8).
    pub(super) fn reassess(&mut self) {
        let is_new_spec = self.status.observed_generation != self.input.meta.generation;
        let (Some(counts), Some(shown)) = (self.status.counts, self.status.health) else { return };
        if !is_new_spec || self.data_origin() != DataOrigin::Current || shown == Health::Unknown {
            return;
        }
        // As of the answer, so that it is the spec that makes the difference and not the time that passed.
        let at = self.memory.observed_at.or(self.status.observed_at.map(|time| time.0));
        let at = at.unwrap_or(self.now());
        let written = &self.input.spec.health;
        let progress_deadline = self.memory.progress_deadline.as_ref().unwrap_or(&written.progress_deadline);
        let rules = &HealthRules { progress_deadline: progress_deadline.clone(), ..written.clone() };
        let tally = recount(&counts, self.instances(), at, rules.progress_deadline.signed());
        let desired_since = self.status.memory.desired_since.map(|time| time.0);
        let assessment = assess(&tally, rules, desired_since, at);
        let newest_before = self.status.memory.streak.map_or(shown, |streak| streak.health);
        let damped = if assessment.health == newest_before {
            apply_thresholds(shown, self.status.memory.streak, rules)
        } else {
            Damped { shown: assessment.health, streak: None }
        };
        if damped.shown == shown {
            self.status.memory.streak = damped.streak;
            return;
        }
        let message = explain(&assessment, &counts, self.status.group_count.unwrap_or(0), &[]);
        self.show(damped, &assessment, &message, false);
    }
}
