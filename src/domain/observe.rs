//! What a good answer changes: the data, the health, and the events about both.

use jiff::Timestamp;

use super::changes::changes;
use super::conditions::ConditionType::{AppHealthy, Ready};
use super::conditions::Truth;
use super::damping::{Damped, damp};
use super::data_origin::DataOrigin;
use super::draft::Draft;
use super::fingerprint::list_fingerprint;
use super::freshness::whole_seconds;
use super::health::{Assessment, assess, explain, truth_of};
use super::instance_memo::{InstanceMemo, InstanceMemos};
use super::listing::{Judged, judge, listed};
use super::revision::revision;
use super::tally::{Tally, count_all, count_groups};
use super::text::count;
use super::unchanged::is_timeless;
use super::{Observation, Target};
use crate::api::{GroupStatus, InstanceStatus, StoredMemory, Streak, Time};

impl Draft<'_> {
    /// Takes in a good answer.
    pub(super) fn observe(&mut self, observation: &Observation) {
        let Some(target) = self.target.clone() else { return };
        let (at, answer) = (whole_seconds(observation.at), self.answer_fingerprint(observation, &target));
        if !self.is_unchanged(answer, at) {
            let is_timeless = self.render(observation, &target, at);
            self.memory.unchanged = is_timeless.then_some(answer);
        }
        self.status.observed_at = Some(Time(at));
        self.memory.observed_at = Some(at);
    }

    /// Renders it; whether the same answer will mean the same at any later time.
    fn render(&mut self, observation: &Observation, target: &Target, at: Timestamp) -> bool {
        let is_first = self.data_origin() != DataOrigin::Current;
        if is_first {
            self.start_anew();
        }
        let rules = &self.input.spec.health;
        let judged = judge(&observation.instances, rules, self.instances(), at);
        let tally = count_all(&judged, observation, target, at, rules.progress_deadline.signed());
        self.note_rise(&tally, at);
        let assessment = assess(&tally, rules, self.status.memory.desired_since.map(|time| time.0), at);
        let groups = count_groups(&judged, observation, target);
        let revision = revision(judged.iter().map(|one| one.checksum));
        let is_repeated = !is_first && self.is_repeated(at, &revision, &groups);
        let group_count = count(observation.groups.len());
        let message = explain(&assessment, &tally.counts, group_count, &judged);
        // The first answer for a target has no counts to compare with.
        let is_same_picture = self.status.revision.as_ref() == Some(&revision)
            && self.status.counts == Some(tally.counts)
            && self.status.groups == groups
            && self.is_own_outcome();

        if let Some(before) = self.status.counts.filter(|_| !is_repeated) {
            self.emit_changes(changes(&before, &tally.counts, &judged, target));
        }
        self.name_application_of_answer(&target.app);
        self.status.region = Some(target.region.clone());
        self.status.group_count = Some(group_count);
        self.status.groups = groups;
        self.status.counts = Some(tally.counts);
        self.status.ready_instances = Some(ready_text(&tally));
        self.status.revision = Some(revision);
        self.list_instances(&judged);

        let shown = self.status.health.filter(|_| !is_first && (is_repeated || !self.is_damaged()));
        let counted = i64::from(is_repeated);
        let streak =
            self.status.memory.streak.map(|s| Streak { polls: s.polls.saturating_sub(counted), ..s });
        let damped = damp(shown, streak, assessment.health, rules);
        self.show(damped, &assessment, &message, is_same_picture);
        self.note_troubles(&judged);
        self.note_versions(&judged, is_first);

        self.memory.progress_deadline = Some(rules.progress_deadline.clone());
        self.memory.target = Some(target.fingerprint());
        self.remember_instances(&judged);
        is_timeless(&judged, &tally)
    }

    /// Lists the instances, if the list says something else than the stored one.
    fn list_instances(&mut self, judged: &[Judged]) {
        let listed = listed(judged, self.input.spec.instances.limit);
        let omitted = i64::try_from(judged.len() - listed.len()).ok();
        self.status.instances_omitted = omitted.filter(|omitted| *omitted > 0);
        let fingerprint = list_fingerprint(listed.iter().map(|one| one.fingerprint));
        self.offer_list(fingerprint, || listed.iter().map(|one| InstanceStatus::clone(&one.shown)).collect());
    }

    /// Remembers all instances and not only the listed ones. Nearly always the stored list says the same, and then one
    /// copy is enough.
    fn remember_instances(&mut self, judged: &[Judged]) {
        let instances: InstanceMemos = judged.iter().map(|one| InstanceMemo::from(&*one.shown)).collect();
        let stored = self.input.instances;
        self.memory.instances = Some(if instances == *stored { stored.clone() } else { instances });
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

    /// Whether the stored words are this process's own about this spec, from the answer before this one: only
    /// those can be kept when the next answer says the same. Under a streak they are those of an older answer.
    fn is_own_outcome(&self) -> bool {
        self.is_own_write()
            && self.status.memory.streak.is_none()
            && self.status.observed_generation == self.input.meta.generation
            && self.conditions.is(Ready, Truth::True)
    }

    /// The first answer for a target compares with nothing.
    fn start_anew(&mut self) {
        self.status.memory = StoredMemory::default();
        self.status.counts = None;
        self.memory.instances = Some(InstanceMemos::default());
    }

    fn note_rise(&mut self, tally: &Tally, at: Timestamp) {
        // No rise was seen in the future: after a change by hand, or a clock put back, it would be awaited for ever.
        self.status.memory.desired_since =
            self.status.memory.desired_since.take().map(|since| since.min(Time(at)));
        let before = self.status.counts.and_then(|counts| counts.desired);
        if let (Some(before), Some(now)) = (before, tally.counts.desired)
            && now > before
        {
            self.status.memory.desired_since = Some(Time(at));
        }
    }

    /// Shows a damped health. While the old one is shown AppHealthy keeps its words; where nothing but a message
    /// of SAE moved, it keeps them too.
    pub(super) fn show(
        &mut self,
        damped: Damped,
        assessment: &Assessment,
        message: &str,
        is_same_picture: bool,
    ) {
        let Damped { shown, streak } = damped;
        self.status.memory.streak = streak;
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
}

fn ready_text(tally: &Tally) -> String {
    match tally.counts.desired {
        Some(desired) => format!("{}/{desired}", tally.counts.ready),
        None => format!("{}/?", tally.counts.ready),
    }
}
