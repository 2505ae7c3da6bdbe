//! The name of an event: which transition it is, and where it stands in time.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::conditions::{ConditionType, Truth, find};
use super::ready_change::ready;
use super::text::hex;
use super::{Meta, Reason};
use crate::api::{SaeAppWatchStatus, StoredMemory, Time, Transition};

/// What an event is about, and so what it starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// What SAE said of the application.
    Application,
    /// How the polls go.
    Watch,
    /// The annotation that asks for a poll.
    Request,
    /// The verdict that SAE is asked to explain.
    Verdict,
}

impl Subject {
    /// What the operator was doing.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Application => "Assess",
            Self::Watch | Self::Request => "Poll",
            Self::Verdict => "Diagnose",
        }
    }
}

/// The name of an event of a watch that starts from the stored status `from`: a time in hex, a step and a hash.
///
/// It holds nothing but what a process knows that comes after a kill between event and status, and decides anew: then
/// the name is the same, and AlreadyExists means that the event was created (contract §7). So its time is not that of
/// the transition, which a successor sees later, but that of the stored answer before it. Whatever an answer changes is
/// stored with the answer's own time, so the next transition has a later one.
pub(super) fn name(
    meta: &Meta<'_>,
    from: Option<&SaeAppWatchStatus>,
    reason: Reason,
    (step, subject): (usize, Subject),
) -> String {
    let time = match subject {
        // The answer comes while polls go on, and is asked for again after a kill.
        Subject::Verdict => {
            from.and_then(|status| status.memory.verdict.as_ref()).map(|verdict| verdict.since.0)
        }
        Subject::Application | Subject::Watch | Subject::Request => time(meta, from),
    };
    let seconds = time.map_or(0, |time| time.as_second().max(0));
    format!("saewatch-{seconds:010x}-{step:02}-{}", hash(meta.uid, from, reason, subject))
}

/// The step of a reason's event among the others, and what it is about; `None` for a reason without an event.
pub(super) fn step(reason: Reason) -> Option<(usize, Subject)> {
    let step = ORDER.iter().position(|(one, _)| *one == reason)?;
    Some((step, ORDER[step].1))
}

/// The last answer that is stored; where there is none, or it was taken away with its target, what is known instead.
fn time(meta: &Meta<'_>, from: Option<&SaeAppWatchStatus>) -> Option<Timestamp> {
    let observed = from.and_then(|status| status.observed_at.as_ref());
    let changed = from.and_then(newest_transition).map(|transition| &transition.at);
    observed.into_iter().chain(changed).map(|time| time.0).chain(meta.created_at).max()
}

/// What each event is about, in the order of events between which no answer was stored, as such a time goes by: the polls fail, a person mends what
/// SAE refuses, one cause after the other, and the first good answer brings what happened meanwhile, causes before
/// effects.
const ORDER: [(Reason, Subject); 26] = [
    (Reason::PollFailed, Subject::Watch),
    (Reason::DataStale, Subject::Watch),
    (Reason::InvalidSpec, Subject::Watch),
    (Reason::AccountRequired, Subject::Watch),
    (Reason::AccountNotFound, Subject::Watch),
    (Reason::AccountNotAllowed, Subject::Watch),
    (Reason::AccountConflict, Subject::Watch),
    (Reason::RegionMissing, Subject::Watch),
    (Reason::CredentialsMissing, Subject::Watch),
    (Reason::AuthenticationFailed, Subject::Watch),
    (Reason::AccountMismatch, Subject::Watch),
    (Reason::AccountBlocked, Subject::Watch),
    (Reason::AccessDenied, Subject::Watch),
    (Reason::AppNotFound, Subject::Watch),
    (Reason::GroupNotFound, Subject::Watch),
    (Reason::RefreshHandled, Subject::Request),
    (Reason::PollRecovered, Subject::Watch),
    (Reason::InstancesScaled, Subject::Application),
    (Reason::InstancesRestarted, Subject::Application),
    (Reason::ImagePullFailed, Subject::Application),
    (Reason::InstancesCrashLooping, Subject::Application),
    (Reason::NoInstances, Subject::Application),
    (Reason::HealthDegraded, Subject::Application),
    (Reason::HealthRecovered, Subject::Application),
    (Reason::VersionChanged, Subject::Application),
    (Reason::DiagnosisReady, Subject::Verdict),
];

/// A hash of the watch, the reason and what the event starts from.
fn hash(uid: &str, from: Option<&SaeAppWatchStatus>, reason: Reason, subject: Subject) -> String {
    let mut sum = Sha256::new();
    sum.update(uid);
    sum.update([0]);
    sum.update(reason.as_str());
    sum.update([0]);
    sum.update(from.map(|status| origin(status, subject)).unwrap_or_default());
    hex(&sum.finalize()[..12])
}

/// What of the stored status an event starts from: what its rule compares with, and enough to distinguish one such
/// transition from the next. None of it is what the next process may change before it gets that far: it marks what
/// became stale meanwhile, acknowledges requests, fails.
fn origin(status: &SaeAppWatchStatus, subject: Subject) -> Vec<u8> {
    let observed = status.observed_at.as_ref();
    let origin = match subject {
        Subject::Application => {
            let newest = newest_transition(status);
            let SaeAppWatchStatus { counts, revision, memory, .. } = status;
            let StoredMemory {
                verdict,
                versions,
                notified,
                desired_since: _,
                streak: _,
                account_missing_since: _,
            } = memory;
            serde_json::to_vec(&(newest, observed, counts, revision, verdict, versions, notified))
        }
        Subject::Watch => {
            let stalled = find(&status.conditions, ConditionType::Stalled).map(|stalled| &stalled.reason);
            let waiting = ready(&status.conditions).filter(|ready| ready.status == Truth::Unknown.as_str());
            let waiting = waiting.map(|ready| Time(ready.last_transition_time.0));
            // The event of a missing account starts from the status that says since when it is missing.
            serde_json::to_vec(&(observed, stalled, waiting.or(status.memory.account_missing_since)))
        }
        Subject::Request => serde_json::to_vec(&(observed, &status.last_handled_request)),
        Subject::Verdict => serde_json::to_vec(&status.memory.verdict),
    };
    origin.unwrap_or_default()
}

/// The newest change of health but for what a process finds stale that comes after an absence.
fn newest_transition(status: &SaeAppWatchStatus) -> Option<&Transition> {
    status.recent_transitions.iter().find(|one| one.reason != Reason::DataStale.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_that_has_an_event_has_its_place_once() {
        let of_accounts = [Reason::Verified, Reason::VerificationFailed];
        let of_sets = [Reason::Listed, Reason::LimitReached, Reason::ListFailed, Reason::ApplyFailed];
        let of_watches = |reason: &Reason| !of_accounts.contains(reason) && !of_sets.contains(reason);
        for reason in Reason::ALL.into_iter().filter(of_watches) {
            let places = ORDER.iter().filter(|(one, _)| *one == reason).count();
            assert_eq!(places, usize::from(reason.event().is_some()), "{reason}");
        }
    }
}
