//! What a good answer tells beside the health: crash loops, images, restarts, scaling, versions (contract §7).

use jiff::SignedDuration;

use super::draft::Draft;
use super::facts::count;
use super::instance::Standing;
use super::listing::{Judged, is_running, versions};
use super::text::{TEXT_BYTES, clean, plural};
use super::{Reason, Target};
use crate::api::{Counts, InstanceState, Outcome, TellTime, Time, Told};

/// How many instances a note names before it only counts.
const NAMED: usize = 5;

impl Draft<'_> {
    /// Tells what differs from the last answer; `self.status` still holds that one.
    pub(super) fn tell_changes(&mut self, judged: &[Judged<'_>], counts: &Counts, target: &Target) {
        let Some(before) = self.status.counts else { return };
        self.tell_restarts(judged);
        if let (Some(was), Some(is)) = (before.desired, counts.desired)
            && was != is
            && !target.is_filtered()
        {
            self.tell(Reason::InstancesScaled, &format!("wanted instances {was} → {is}"));
        }
        if let Some(desired) = counts.desired
            && before.total > 0
            && counts.total == 0
            && desired > 0
        {
            self.tell(Reason::NoInstances, &format!("SAE reports 0 of {}", plural(desired, "instance")));
        }
    }

    fn tell_restarts(&mut self, judged: &[Judged<'_>]) {
        let risen: Vec<(&Judged<'_>, u32, u32)> = judged
            .iter()
            .filter(|one| is_running(one.observed))
            .filter_map(|one| {
                let (was, is) = (one.before?.restarts(), count(one.observed.restarts));
                (is > was).then_some((one, was, is))
            })
            .collect();
        if risen.is_empty() {
            return;
        }
        let restarts: i64 = risen.iter().map(|(_, was, is)| i64::from(is - was)).sum();
        let names = name_all(risen.iter().map(|(one, was, is)| format!("{} ({was} → {is})", id(one))));
        let instances = plural(i64::try_from(risen.len()).unwrap_or(i64::MAX), "running instance");
        let note = format!("{} since the last poll on {instances}: {names}", plural(restarts, "restart"));
        self.tell(Reason::InstancesRestarted, &note);
    }

    /// Tells of crash loops and images once for each bad time, and at most once in a progress deadline while the
    /// application stays well all the same.
    pub(super) fn tell_words(&mut self, judged: &[Judged<'_>]) {
        let told = self.status.told.take().unwrap_or_default();
        let crash_looping = self.tell_word(
            told.crash_looping,
            judged,
            Standing::is_crash_loop,
            Reason::InstancesCrashLooping,
        );
        let image_pull =
            self.tell_word(told.image_pull, judged, Standing::is_image_pull, Reason::ImagePullFailed);
        let told = Told { crash_looping, image_pull };
        self.status.told = (told != Told::default()).then_some(told);
    }

    fn tell_word<'j>(
        &mut self,
        told: Option<TellTime>,
        judged: &[Judged<'j>],
        is_word: fn(&Standing<'j>) -> bool,
        reason: Reason,
    ) -> Option<TellTime> {
        let having: Vec<&Judged<'_>> = judged.iter().filter(|one| is_word(&one.standing)).collect();
        let was_present = told.as_ref().is_some_and(|told| told.present);
        let mut at = told.and_then(|told| told.at);
        if !having.is_empty() && !was_present && self.may_tell_again(at.as_ref()) {
            let names = name_all(having.iter().map(|one| {
                let image = one.observed.image.as_ref().filter(|_| reason == Reason::ImagePullFailed);
                let what = image
                    .map_or_else(|| format!("restarts {}", count(one.observed.restarts)), |i| clean(i, 120));
                format!("{} {} ({what})", id(one), clean(&one.standing.word, 60))
            }));
            let instances = plural(i64::try_from(having.len()).unwrap_or(i64::MAX), "instance");
            let trouble = if reason == Reason::ImagePullFailed {
                "whose image cannot be pulled"
            } else {
                "in a crash loop"
            };
            self.tell(reason, &format!("{instances} {trouble}: {names}"));
            at = Some(Time(self.now()));
        }
        let present = !having.is_empty();
        (present || at.is_some()).then_some(TellTime { present, at })
    }

    /// A recovery forgets what was told, so what is remembered was told since the verdict last became good.
    fn may_tell_again(&self, told: Option<&Time>) -> bool {
        let Some(told) = told else { return true };
        let is_good = self.status.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Good);
        let deadline: SignedDuration = self.input.spec.health.progress_deadline.signed();
        is_good && self.now().duration_since(told.0) > deadline
    }

    /// Tells a change of versions once the rollout is over.
    pub(super) fn note_versions(&mut self, judged: &[Judged<'_>], is_first: bool) {
        let is_rolling = judged
            .iter()
            .any(|one| matches!(one.standing.state, InstanceState::Starting | InstanceState::Terminating));
        let versions = versions(judged);
        if is_rolling || versions.is_empty() || versions == self.status.versions {
            return;
        }
        if !is_first && !self.status.versions.is_empty() {
            let note = format!("{} → {}", short(&self.status.versions), short(&versions));
            self.tell(Reason::VersionChanged, &note);
        }
        self.status.versions = versions;
    }
}

fn id(judged: &Judged<'_>) -> String {
    clean(&judged.observed.id, 80)
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
