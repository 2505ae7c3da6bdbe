//! When SAE is asked why an application is unwell, and how long the answer stays.

use jiff::{SignedDuration, Timestamp};

use crate::api::{Health, Outcome, SaeAppWatchStatus, Verdict};

/// How long after the health became bad SAE may still be asked why.
pub(crate) const ASKED_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How long a diagnosis stays once the application is well again.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// What is kept of a stored diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// When SAE was asked.
    pub(crate) at: Timestamp,
    /// Since when the health was bad, or worse, that it explains.
    pub(crate) since: Timestamp,
    /// A checksum of all of it.
    pub(crate) fingerprint: u64,
}

/// What a diagnosis is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Since when the health is bad, or worse.
    pub since: Timestamp,
    /// When SAE was asked last, as the status says.
    pub last_at: Option<Timestamp>,
}

/// What SAE has to be asked for while this is shown, if anything.
pub(crate) fn wanted(status: &SaeAppWatchStatus, stored: Option<&Mark>, now: Timestamp) -> Option<Wanted> {
    let since = bad_since(status)?;
    let is_explained = stored.is_some_and(|stored| stored.since >= since);
    let is_late = now.duration_since(since) > ASKED_WITHIN;
    (!is_explained && !is_late).then(|| Wanted { since, last_at: stored.map(|stored| stored.at) })
}

/// Since when the health is bad; where it became Unhealthy from Degraded after that, since then.
pub(crate) fn bad_since(status: &SaeAppWatchStatus) -> Option<Timestamp> {
    let Verdict { outcome: Outcome::Bad, since } = status.memory.verdict.as_ref()? else { return None };
    let mut steps = status.recent_transitions.iter();
    let worse = steps.find(|step| step.from == Health::Degraded && step.to == Health::Unhealthy);
    Some(worse.map_or(since.0, |step| step.at.0.max(since.0)))
}

/// Whether a stored diagnosis has had its time: the application has been well for an hour, or it is not known to have
/// been unwell.
pub(crate) fn is_expired(status: &SaeAppWatchStatus, now: Timestamp) -> bool {
    let verdict = status.memory.verdict.as_ref();
    verdict
        .is_none_or(|verdict| verdict.outcome == Outcome::Good && now.duration_since(verdict.since.0) >= KEPT)
}

/// Whether no diagnosis before the one that is wanted was of the same verdict.
pub(crate) fn is_first_of_verdict(status: &SaeAppWatchStatus, stored: Option<&Mark>) -> bool {
    let verdict = status.memory.verdict.as_ref();
    verdict.is_some_and(|verdict| stored.is_none_or(|stored| stored.since < verdict.since.0))
}
