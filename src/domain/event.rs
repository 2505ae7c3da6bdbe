//! What just happened, for people: one event for each transition, aggregated over instances (contract §7).

use sha2::{Digest as _, Sha256};

use super::digest::hex;
use super::text::{NOTE_BYTES, clean};
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
            action: action(reason),
            note: clean(note, NOTE_BYTES),
        })
    }
}

/// A hash of the watch, the reason and the stored status: a kill between event and status leads to the same
/// name, and AlreadyExists then means told (contract §7).
pub(super) fn name(uid: &str, from: Option<&SaeAppWatchStatus>, reason: Reason) -> String {
    let mut sum = Sha256::new();
    sum.update(uid);
    sum.update([0]);
    sum.update(reason.as_str());
    sum.update([0]);
    sum.update(from.and_then(|status| serde_json::to_vec(status).ok()).unwrap_or_default());
    format!("saewatch-{}", hex(&sum.finalize()[..12]))
}

fn action(reason: Reason) -> &'static str {
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
        | Reason::RefreshHandled
        | Reason::Observed
        | Reason::Progressing
        | Reason::RetryingAfterFailure
        | Reason::Suspended
        | Reason::Throttled => "Poll",
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
        | Reason::VersionChanged => "Assess",
    }
}
