//! When SAE is asked why an application is unwell, and how long the answer stays.

use jiff::{SignedDuration, Timestamp};

use crate::api::{AccountName, Diagnosis, Health, Outcome, SaeAppWatchStatus, Verdict};
use crate::domain::TargetRef;

/// How long after the health became bad SAE may still be asked why, which the polls see to.
pub(crate) const ASKED_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How long after that an answer is awaited: with one call a minute for all of the account, two more calls of a question
/// take twenty minutes.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_mins(25);
/// How long a diagnosis stays once the application is well again.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What is kept of a stored diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When SAE was asked.
    pub(crate) at: Timestamp,
    /// Since when the health was bad, or worse, that it explains.
    pub(crate) since: Timestamp,
    /// Whether it names neither a change order nor an event, so that no event was emitted of it.
    pub(crate) is_silent: bool,
}

impl From<&Diagnosis> for Mark {
    fn from(diagnosis: &Diagnosis) -> Self {
        let Diagnosis { at, since, change, events, incomplete: _ } = diagnosis;
        Self { at: at.0, since: since.0, is_silent: change.is_none() && events.is_empty() }
    }
}

impl Mark {
    /// That of a diagnosis that cannot be read: it explains nothing.
    pub(crate) const DAMAGED: Self =
        Self { at: Timestamp::UNIX_EPOCH, since: Timestamp::UNIX_EPOCH, is_silent: false };

    /// Whether it explains a health that is bad since `verdict`, and worse since `since`. Of the steps from Degraded to
    /// Unhealthy, the first that was explained stands for all of the verdict: one that goes to and fro would be asked about
    /// every ten minutes. A time to come can only be damage.
    fn explains(&self, verdict: Timestamp, since: Timestamp, now: Timestamp) -> bool {
        self.since <= since.max(now) && (self.since >= since || self.since > verdict)
    }
}

/// Since when the health is bad, or worse, without a stored diagnosis that explains it.
pub(crate) fn unexplained_since(
    status: &SaeAppWatchStatus,
    stored: Option<&Mark>,
    now: Timestamp,
) -> Option<Timestamp> {
    let is_explained = stored.is_some_and(|stored| is_explained(status, stored, now));
    bad_since(status).filter(|_| !is_explained)
}

/// The same where SAE has to be asked for it: it is not too late for that.
pub(crate) fn wanted(status: &SaeAppWatchStatus, stored: Option<&Mark>, now: Timestamp) -> Option<Timestamp> {
    let since = unexplained_since(status, stored, now)?;
    (now.duration_since(since) <= ASKED_WITHIN + ANSWERED_WITHIN).then_some(since)
}

/// When SAE was asked last, as the stored diagnosis says. A time to come can only be damage.
pub(crate) fn diagnosed_at(stored: &Mark, now: Timestamp) -> Option<Timestamp> {
    Some(stored.at).filter(|at| *at <= now)
}

/// Whether a stored diagnosis explains why the health is bad; not where it is good.
pub(crate) fn is_explained(status: &SaeAppWatchStatus, stored: &Mark, now: Timestamp) -> bool {
    let verdict = status.memory.verdict.as_ref();
    verdict
        .zip(bad_since(status))
        .is_some_and(|(verdict, since)| stored.explains(verdict.since.0, since, now))
}

/// Since when the health is bad; where it became Unhealthy from Degraded after that, since then.
pub(crate) fn bad_since(status: &SaeAppWatchStatus) -> Option<Timestamp> {
    explained_at(status, Timestamp::MAX)
}

/// The same as far as SAE can explain it that was asked at `at`: a step to Unhealthy that came later is asked about by itself.
pub(crate) fn explained_at(status: &SaeAppWatchStatus, at: Timestamp) -> Option<Timestamp> {
    let Verdict { outcome: Outcome::Bad, since } = status.memory.verdict.as_ref()? else { return None };
    let mut steps = status.recent_transitions.iter().filter(|step| step.at.0 <= at);
    let worse = steps.find(|step| step.from == Health::Degraded && step.to == Health::Unhealthy);
    Some(worse.map_or(since.0, |step| step.at.0.max(since.0)))
}

/// Whether what a status shows is of the application that is polled, so that SAE's words about the one explain the other.
pub(crate) fn is_about(
    status: &SaeAppWatchStatus,
    target: &TargetRef,
    account: Option<&AccountName>,
) -> bool {
    target.target(None).is_some_and(|target| {
        status.app_id.as_ref() == Some(&target.app)
            && status.region.as_ref() == Some(&target.region)
            && status.account.as_ref() == account
    })
}

/// Whether the stored diagnosis has had its time once `after` is shown in the place of `before`: the application has been
/// well for an hour, or is not known to have been unwell, or is another one.
pub(crate) fn is_expired(
    before: Option<&SaeAppWatchStatus>,
    after: &SaeAppWatchStatus,
    stored: &Mark,
    now: Timestamp,
) -> bool {
    let is_same = before.is_some_and(|before| {
        (&before.app_id, &before.region, &before.account) == (&after.app_id, &after.region, &after.account)
    });
    let is_over = match &after.memory.verdict {
        None => true,
        Some(Verdict { outcome: Outcome::Good, since }) => now.duration_since(since.0) >= KEPT,
        Some(Verdict { outcome: Outcome::Bad, .. }) => false,
    };
    !is_same || is_over || *stored == Mark::DAMAGED
}
