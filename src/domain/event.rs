//! What just happened, for people: one event for each transition, aggregated over instances (contract §7).

use sha2::{Digest as _, Sha256};

use super::conditions::{ConditionType, Truth};
use super::text::{NOTE_BYTES, clean, hex};
use super::{EventType, Reason};
use crate::api::SaeAppWatchStatus;

/// An event to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its name: the same for the same transition, so that a second telling finds it told.
    pub name: String,
    /// Normal or Warning.
    pub kind: EventType,
    /// Its reason.
    pub reason: Reason,
    /// What the operator was doing.
    pub action: &'static str,
    /// What happened and where to look, at most 1 kB.
    pub note: String,
}

impl Event {
    /// Words an event of a watch that starts from the stored status `from`; `None` for a reason that has no event.
    pub fn new(uid: &str, from: Option<&SaeAppWatchStatus>, reason: Reason, note: &str) -> Option<Self> {
        let kind = reason.event()?;
        Some(Self {
            name: name(uid, from, reason),
            kind,
            reason,
            action: subject(reason).action(),
            note: clean(note, NOTE_BYTES),
        })
    }
}

/// What an event is about, and so what it starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// What SAE said of the application.
    Application,
    /// How the polls go.
    Watch,
    /// The annotation that asks for a poll.
    Request,
}

impl Subject {
    fn action(self) -> &'static str {
        match self {
            Self::Application => "Assess",
            Self::Watch | Self::Request => "Poll",
        }
    }
}

/// A hash of the watch, the reason and what the event starts from: a kill between event and status leads to the
/// same name, and AlreadyExists then means told (contract §7).
fn name(uid: &str, from: Option<&SaeAppWatchStatus>, reason: Reason) -> String {
    let mut sum = Sha256::new();
    sum.update(uid);
    sum.update([0]);
    sum.update(reason.as_str());
    sum.update([0]);
    sum.update(from.map(|status| origin(status, subject(reason))).unwrap_or_default());
    format!("saewatch-{}", hex(&sum.finalize()[..12]))
}

/// What of the stored status an event starts from: what its rule compares with, and enough to tell one such
/// transition from the next. None of it is what the next process may change before it gets that far: it marks what
/// became stale meanwhile, acknowledges requests, fails.
fn origin(status: &SaeAppWatchStatus, subject: Subject) -> Vec<u8> {
    let observed = status.observed_at.as_ref();
    let origin = match subject {
        Subject::Application => {
            let newest =
                status.recent_transitions.iter().find(|one| one.reason != Reason::DataStale.as_str());
            let SaeAppWatchStatus { counts, revision, verdict, versions, notified, .. } = status;
            serde_json::to_vec(&(newest, observed, counts, revision, verdict, versions, notified))
        }
        Subject::Watch => {
            let find = |of: ConditionType| status.conditions.iter().find(|one| one.type_ == of.as_str());
            let stalled = find(ConditionType::Stalled).map(|stalled| &stalled.reason);
            let waiting = find(ConditionType::Ready).filter(|ready| ready.status == Truth::Unknown.as_str());
            serde_json::to_vec(&(observed, stalled, waiting.map(|ready| &ready.last_transition_time)))
        }
        Subject::Request => serde_json::to_vec(&(observed, &status.last_handled_request)),
    };
    origin.unwrap_or_default()
}

fn subject(reason: Reason) -> Subject {
    match reason {
        Reason::PollFailed
        | Reason::PollRecovered
        | Reason::DataStale
        | Reason::AppNotFound
        | Reason::GroupNotFound
        | Reason::InvalidSpec
        | Reason::AuthenticationFailed
        | Reason::AccessDenied
        | Reason::AccountBlocked
        | Reason::CredentialsMissing
        | Reason::Observed
        | Reason::Progressing
        | Reason::RetryingAfterFailure
        | Reason::Suspended
        | Reason::Throttled => Subject::Watch,
        Reason::RefreshHandled => Subject::Request,
        Reason::HealthUnknown
        | Reason::ScaledToZero
        | Reason::AllInstancesHealthy
        | Reason::RunningWithoutHealthCheck
        | Reason::EnoughInstancesHealthy
        | Reason::InstancesStarting
        | Reason::InstancesFailing
        | Reason::InstancesUnhealthy
        | Reason::NoInstances
        | Reason::InsufficientInstances
        | Reason::HealthDegraded
        | Reason::HealthRecovered
        | Reason::InstancesCrashLooping
        | Reason::ImagePullFailed
        | Reason::InstancesRestarted
        | Reason::InstancesScaled
        | Reason::VersionChanged => Subject::Application,
    }
}
