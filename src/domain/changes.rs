//! What a good answer says that happened, beside the health: crash loops, images, restarts, scaling, versions
//! (contract §7).

use jiff::SignedDuration;

use super::draft::Draft;
use super::instance::{is_crash_loop, is_image_pull};
use super::instance_memo::count;
use super::listing::{Judged, versions};
use super::text::{self, TEXT_BYTES, clean, plural};
use super::{Reason, Target};
use crate::api::{Counts, InstanceState, InstanceStatus, Notice, Notified, Outcome, Time};

/// How many instances a note names before it only counts.
const NAMED: usize = 5;

/// One thing that happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Under which reason it is reported.
    pub(super) reason: Reason,
    /// What happened, in words.
    pub(super) note: String,
}

/// What differs from the last answer.
pub(super) fn changes(
    before: &Counts,
    counts: &Counts,
    judged: &[Judged],
    target: &Target,
) -> impl Iterator<Item = Change> {
    let scaled = if target.is_filtered() { None } else { scaled(before, counts) };
    [restarted(judged), scaled, vanished(before, counts)].into_iter().flatten()
}

fn restarted(judged: &[Judged]) -> Option<Change> {
    let risen: Vec<(&Judged, u32, u32)> = judged
        .iter()
        .filter(|one| one.shown.container_status.as_deref() == Some("Running"))
        .filter_map(|one| {
            let (was, is) = (one.before?.restarts(), count(one.shown.restarts));
            (is > was).then_some((one, was, is))
        })
        .collect();
    if risen.is_empty() {
        return None;
    }
    let restarts: i64 = risen.iter().map(|(_, was, is)| i64::from(is - was)).sum();
    let names = name_all(risen.iter().map(|(one, was, is)| format!("{} ({was} → {is})", id(one))));
    let instances = plural(text::count(risen.len()), "running instance");
    let note = format!("{} since the last poll on {instances}: {names}", plural(restarts, "restart"));
    Some(Change { reason: Reason::InstancesRestarted, note })
}

fn scaled(before: &Counts, counts: &Counts) -> Option<Change> {
    let (was, is) = (before.desired?, counts.desired?);
    let note = format!("wanted instances {was} → {is}");
    (was != is).then_some(Change { reason: Reason::InstancesScaled, note })
}

fn vanished(before: &Counts, counts: &Counts) -> Option<Change> {
    let desired = counts.desired.filter(|desired| *desired > 0)?;
    let note = format!("SAE reports 0 of {}", plural(desired, "instance"));
    (before.total > 0 && counts.total == 0).then_some(Change { reason: Reason::NoInstances, note })
}

impl Draft<'_> {
    /// Emits an event for each change.
    pub(super) fn emit_changes(&mut self, changes: impl IntoIterator<Item = Change>) {
        changes.into_iter().for_each(|Change { reason, note }| self.emit(reason, &note));
    }

    /// Notes crash loops and images that cannot be pulled, with an event once for each bad time, and at most once in
    /// a progress deadline while the application stays well all the same.
    pub(super) fn note_troubles(&mut self, judged: &[Judged]) {
        let now = Time(self.now());
        let is_good =
            self.status.memory.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Good);
        let deadline: SignedDuration = self.input.spec.health.progress_deadline.signed();
        // A recovery forgets what was reported, so what is remembered was reported since the verdict last became good.
        let may_repeat = |last: Time| is_good && now.0.duration_since(last.0) > deadline;
        let Notified { crash_looping, image_pull } = self.status.memory.notified.take().unwrap_or_default();
        let (crash_looping, crashed) = appeared(
            crash_looping.as_ref(),
            judged,
            is_crash_loop,
            Reason::InstancesCrashLooping,
            now,
            may_repeat,
        );
        let (image_pull, failed) =
            appeared(image_pull.as_ref(), judged, is_image_pull, Reason::ImagePullFailed, now, may_repeat);
        let notified = Notified { crash_looping, image_pull };
        self.status.memory.notified = (notified != Notified::default()).then_some(notified);
        self.emit_changes(crashed.into_iter().chain(failed));
    }

    /// Notes the versions that run once the rollout is over, with an event if they are others.
    pub(super) fn note_versions(&mut self, judged: &[Judged], is_first: bool) {
        let versions = versions(judged);
        if !is_settled(judged) || versions.is_empty() || versions == self.status.memory.versions {
            return;
        }
        if !is_first && !self.status.memory.versions.is_empty() {
            let note = format!("{} → {}", short(&self.status.memory.versions), short(&versions));
            self.emit(Reason::VersionChanged, &note);
        }
        self.status.memory.versions = versions;
    }
}

/// What is to be remembered of such a word, and the change if it appeared: an instance has it, none had it at the last
/// observation, and it was not reported lately.
fn appeared(
    before: Option<&Notice>,
    judged: &[Judged],
    is_word: fn(&InstanceStatus) -> bool,
    reason: Reason,
    now: Time,
    may_repeat: impl Fn(Time) -> bool,
) -> (Option<Notice>, Option<Change>) {
    let having: Vec<&Judged> = judged.iter().filter(|one| is_word(&one.shown)).collect();
    let (present, was_present) = (!having.is_empty(), before.is_some_and(|before| before.present));
    let at = before.and_then(|before| before.at);
    let is_news = present && !was_present && at.is_none_or(may_repeat);
    let at = if is_news { Some(now) } else { at };
    let notice = (present || at.is_some()).then_some(Notice { present, at });
    (notice, is_news.then(|| Change { reason, note: name_trouble(&having, reason) }))
}

fn name_trouble(having: &[&Judged], reason: Reason) -> String {
    let (trouble, shows_image) = if reason == Reason::ImagePullFailed {
        ("whose image cannot be pulled", true)
    } else {
        ("in a crash loop", false)
    };
    let names = name_all(having.iter().map(|one| {
        let image = one.shown.image.as_ref().filter(|_| shows_image);
        let what = image.map_or_else(|| format!("restarts {}", count(one.shown.restarts)), |i| clean(i, 120));
        format!("{} {} ({what})", id(one), clean(&one.shown.reason, 60))
    }));
    let instances = plural(text::count(having.len()), "instance");
    format!("{instances} {trouble}: {names}")
}

/// Whether the rollout is over: no instance is on its way up or down.
fn is_settled(judged: &[Judged]) -> bool {
    !judged.iter().any(|one| matches!(one.shown.state, InstanceState::Starting | InstanceState::Terminating))
}

fn id(judged: &Judged) -> String {
    clean(&judged.shown.id, 80)
}

fn short(versions: &[String]) -> String {
    versions.iter().map(|version| clean(version, TEXT_BYTES / 2)).collect::<Vec<_>>().join(", ")
}

/// The first few, and how many more.
fn name_all(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}
