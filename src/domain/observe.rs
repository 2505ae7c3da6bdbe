//! What a good answer changes: the data, the health, and what is told about both.

use jiff::Timestamp;

use super::conditions::{ConditionType, Truth};
use super::damping::{Damped, damp, resettle};
use super::digest::revision;
use super::draft::{Data, Draft};
use super::facts::Facts;
use super::freshness::whole_seconds;
use super::health::{Assessment, assess, explain, truth_of};
use super::listing::{digest_of, facts_of, judge, listed, render};
use super::steady::is_timeless;
use super::tally::{Tally, count_all, count_groups, recount};
use super::{Observation, Target};
use crate::api::{GroupStatus, Health, HealthRules, Streak, Time};

use ConditionType::{AppHealthy, Ready};

impl Draft<'_> {
    /// Takes in a good answer.
    pub(super) fn observe(&mut self, observation: &Observation) {
        let Some(target) = self.target.clone() else { return };
        let (at, mark) = (whole_seconds(observation.at), self.mark(observation, &target));
        if !self.is_steady(mark, at) {
            let is_timeless = self.render(observation, &target, at);
            self.memory.steady = is_timeless.then_some(mark);
        }
        self.status.observed_at = Some(Time(at));
        self.memory.observed_at = Some(at);
    }

    /// Renders it; whether the same answer will mean the same at any later time.
    fn render(&mut self, observation: &Observation, target: &Target, at: Timestamp) -> bool {
        let is_first = self.data() != Data::Current;
        if is_first {
            self.start_anew();
        }
        let rules = &self.input.spec.health;
        let judged = judge(&observation.instances, rules, self.facts(), at);
        let tally = count_all(&judged, observation, target, at, rules.progress_deadline.signed());
        self.note_rise(&tally, at);
        let assessment = assess(&tally, rules, self.status.desired_since.as_ref().map(|time| time.0), at);
        let groups = count_groups(&judged, &observation.groups, target);
        let revision = revision(&observation.instances);
        let is_repeated = !is_first && self.is_repeated(at, &revision, &groups);
        let message = explain(
            &assessment,
            &tally.counts,
            i64::try_from(observation.groups.len()).unwrap_or(i64::MAX),
            &judged,
        );
        let listed = listed(&judged, self.input.spec.instances.limit);
        let is_same_picture = !is_first
            && self.status.revision.as_ref() == Some(&revision)
            && self.status.counts == Some(tally.counts)
            && self.status.groups == groups
            && self.is_settled();

        if !is_first && !is_repeated {
            self.tell_changes(&judged, &tally.counts, target);
        }
        self.status.region = Some(target.region.clone());
        self.status.group_count = i64::try_from(observation.groups.len()).ok();
        self.status.groups = groups;
        self.status.counts = Some(tally.counts);
        self.status.ready = Some(ready_text(&tally));
        self.status.revision = Some(revision);
        self.status.instances_omitted =
            i64::try_from(judged.len() - listed.len()).ok().filter(|omitted| *omitted > 0);
        self.offer_list(digest_of(listed), || listed.iter().map(render).collect());

        let shown = self.status.health.filter(|_| !is_first && (is_repeated || !self.is_damaged()));
        let counted = i64::from(is_repeated);
        let streak = self.status.streak.map(|s| Streak { polls: s.polls.saturating_sub(counted), ..s });
        let damped = damp(shown, streak, assessment.health, rules);
        self.show(damped, &assessment, &message, is_same_picture);
        self.tell_words(&judged);
        self.note_versions(&judged, is_first);

        self.memory.progress_deadline = Some(rules.progress_deadline.clone());
        let facts = facts_of(&judged);
        // Nearly always the list says the same, and then one copy of them is enough.
        self.memory.facts = Some(if facts == *self.input.facts { self.input.facts.clone() } else { facts });
        self.memory.target = Some(target.fingerprint());
        is_timeless(&judged, &tally)
    }

    /// Whether the stored status holds this answer already: a write whose answer was lost may be stored all the
    /// same. An answer that this process has remembered was another one of the same second, and so was one that says
    /// something else: a process may be killed and its successor ask within a second.
    fn is_repeated(&self, at: Timestamp, revision: &str, groups: &[GroupStatus]) -> bool {
        self.status.observed_at == Some(Time(at))
            && self.memory.observed_at != Some(at)
            && self.status.revision.as_deref() == Some(revision)
            && self.status.groups == groups
    }

    /// Whether the stored words are this process's own about this spec, told by the answer before this one: only
    /// those can be kept when the next answer says the same. Under a streak they are those of an older answer.
    fn is_settled(&self) -> bool {
        self.is_own_write()
            && self.status.streak.is_none()
            && self.status.observed_generation == self.input.meta.generation
            && self.conditions.is(Ready, Truth::True)
    }

    /// The first answer for a target compares with nothing.
    fn start_anew(&mut self) {
        self.status.verdict = None;
        self.status.desired_since = None;
        self.status.versions = Vec::new();
        self.status.told = None;
        self.status.counts = None;
        self.memory.facts = Some(Facts::default());
    }

    fn note_rise(&mut self, tally: &Tally, at: Timestamp) {
        // Nobody saw a rise in the future: a status damaged by hand, or a clock put back, would be hoped on for ever.
        self.status.desired_since = self.status.desired_since.take().map(|since| since.min(Time(at)));
        let before = self.status.counts.and_then(|counts| counts.desired);
        if let (Some(before), Some(now)) = (before, tally.counts.desired)
            && now > before
        {
            self.status.desired_since = Some(Time(at));
        }
    }

    /// Shows a damped health. While the old one is shown AppHealthy keeps its words; where nothing but a message
    /// of SAE moved, it keeps them too.
    fn show(&mut self, damped: Damped, assessment: &Assessment, message: &str, is_same_picture: bool) {
        let Damped { shown, streak } = damped;
        self.status.streak = streak;
        if streak.is_some() {
            return;
        }
        self.show_health(shown, assessment.reason, message);
        let truth = truth_of(assessment.health);
        let keeps_words = is_same_picture
            && self.conditions.is(AppHealthy, truth)
            && self.conditions.has_reason(AppHealthy, assessment.reason);
        if !keeps_words {
            self.set(AppHealthy, truth, assessment.reason, message);
        }
    }

    /// Renders a changed spec from what is known, until the answer to it comes: percentages and thresholds count
    /// at once, `requireHealthCheck` and `progressDeadline` with that answer (contract §8).
    pub(super) fn reassess(&mut self) {
        let is_new_spec = self.status.observed_generation != self.input.meta.generation;
        let (Some(counts), Some(shown)) = (self.status.counts, self.status.health) else { return };
        if !is_new_spec || self.data() != Data::Current || shown == Health::Unknown {
            return;
        }
        // As of the answer, so that it is the spec that makes the difference and not the time that passed.
        let at = self.memory.observed_at.or(self.status.observed_at.as_ref().map(|time| time.0));
        let at = at.unwrap_or(self.now());
        let written = &self.input.spec.health;
        let progress_deadline = self.memory.progress_deadline.as_ref().unwrap_or(&written.progress_deadline);
        let rules = &HealthRules { progress_deadline: progress_deadline.clone(), ..written.clone() };
        let tally = recount(&counts, self.facts(), at, rules.progress_deadline.signed());
        let desired_since = self.status.desired_since.as_ref().map(|time| time.0);
        let assessment = assess(&tally, rules, desired_since, at);
        let newest_before = self.status.streak.map_or(shown, |streak| streak.health);
        let damped = if assessment.health == newest_before {
            resettle(shown, self.status.streak, rules)
        } else {
            Damped { shown: assessment.health, streak: None }
        };
        if damped.shown == shown {
            self.status.streak = damped.streak;
            return;
        }
        let message = explain(&assessment, &counts, self.status.group_count.unwrap_or(0), &[]);
        self.show(damped, &assessment, &message, false);
    }
}

fn ready_text(tally: &Tally) -> String {
    match tally.counts.desired {
        Some(desired) => format!("{}/{desired}", tally.counts.ready),
        None => format!("{}/?", tally.counts.ready),
    }
}
