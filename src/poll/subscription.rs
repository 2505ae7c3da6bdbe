//! What a watch asks of the polls, renewed at each reconcile, and what it gets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::{Diagnosis, Health, NEVER_OBSERVED, NamespaceId, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::text::{TEXT_BYTES, clean};
use crate::domain::{
    Access, Admission, ConditionType, Identity, Meta, Observation, Pace, TargetRef, Truth, fingerprint,
};

/// Which watch. Clones share the text: every table of watches holds one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// Which set. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// What one watch wants polled, and how it stands. The same one twice changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// The fingerprint of the object's uid: another object of the same name is another watch.
    pub object: u64,
    /// What to poll.
    pub target: TargetRef,
    /// SAE's namespace of the application, as the status says, while SAE is to be asked why that is unwell.
    pub namespace: Option<NamespaceId>,
    /// How often.
    pub interval: Duration,
    /// How long one call may take.
    pub timeout: Duration,
    /// The generation of the spec; one above `observed_generation` is new or changed and polls at once.
    pub generation: i64,
    /// The generation that has had its outcome.
    pub observed_generation: i64,
    /// A request token that is not yet handled.
    pub request: Option<String>,
    /// When the data that the status shows was observed, as the status says; `None`: never, not for what the watch asks
    /// now, or too old to be believed, so that the watch is due at once.
    pub fresh_since: Option<Timestamp>,
    /// How much the watch deserves a poll when not all can have theirs.
    pub attention: Attention,
    /// Whether the last poll saw something that one more must confirm before it is shown (contract §5).
    pub confirm: bool,
    /// Whether a set made the watch: new and changed ones of sets have a part of the budget together (contract §15.1).
    pub of_set: bool,
    /// Since when the application is unwell, where SAE is to be asked why, beside the polls (contract §14).
    pub diagnosis: Option<Timestamp>,
    /// When it was asked last, as the status says, also where that explains all: no other watch of the target may have it
    /// asked sooner again.
    pub diagnosed_at: Option<Timestamp>,
}

/// How much a watch deserves a poll while the budget is short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// How the application is shown.
    pub health: Health,
    /// When that last changed.
    pub changed_at: Option<Timestamp>,
}

/// What is known for one watch.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// How its polls go.
    pub pace: Pace,
    /// The newest good answer that this watch has not acknowledged yet. Only an answer to an attempt that started
    /// after the watch subscribed to this target.
    pub observation: Option<Arc<Observation>>,
    /// The application, as far as it is known.
    pub identity: Identity,
    /// Why the application is unwell, where the watch asks for it and its status does not say it yet.
    pub diagnosis: Option<Arc<Diagnosis>>,
}

impl Subscription {
    /// That of a watch with this spec and status; `None` while it is suspended, has no region, or SAE may not be asked.
    pub(crate) fn new(
        spec: &SaeAppWatchSpec,
        status: Option<&SaeAppWatchStatus>,
        meta: Meta<'_>,
        access: &Access,
        now: Timestamp,
    ) -> Option<Self> {
        let is_polled = !spec.suspend && access.admission == Admission::Granted;
        let target = TargetRef::new(spec, status, access).filter(|_| is_polled)?;
        let fresh_since = status.and_then(|status| {
            let is_stale = status.stale_after.as_ref().is_some_and(|stale| now > stale.0);
            status.observed_at.as_ref().map(|time| time.0).filter(|_| !is_stale && !awaits_answer(status))
        });
        // One that was answered before its account could not be asked waits as a new watch does.
        let answered = status.filter(|status| !awaits_answer(status));
        let observed_generation = answered.map_or(NEVER_OBSERVED, |status| status.observed_generation);
        let handled = status.and_then(|status| status.last_handled_request.as_deref());
        let request = meta.request.map(|token| clean(token, TEXT_BYTES));
        Some(Self {
            object: fingerprint(&meta.uid),
            target,
            namespace: None,
            interval: spec.interval.value(),
            timeout: spec.timeout.value(),
            generation: meta.generation,
            observed_generation,
            request: request.filter(|token| !token.is_empty() && Some(token.as_str()) != handled),
            fresh_since,
            attention: Attention {
                health: status.and_then(|status| status.health).unwrap_or(Health::Unknown),
                changed_at: status.and_then(|status| status.last_transition_at.as_ref()).map(|time| time.0),
            },
            confirm: status.is_some_and(|status| status.memory.streak.is_some()),
            of_set: false,
            diagnosis: None,
            diagnosed_at: None,
        })
    }
}

/// Whether Ready says that an answer is awaited, whatever data of before is shown.
fn awaits_answer(status: &SaeAppWatchStatus) -> bool {
    Truth::of(&status.conditions, ConditionType::Ready) == Some(Truth::Unknown)
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::{Reason, Refusal};

    #[test]
    fn a_watch_is_polled_only_while_sae_may_be_asked_for_it() {
        let spec = serde_json::from_value(json!({"appId": "cart", "regionId": "cn-hangzhou"})).unwrap();
        let meta = Meta { generation: 1, uid: "", created_at: None, request: None };
        let is_polled = |admission| {
            let access = Access { admission, ..Access::own(None) };
            Subscription::new(&spec, None, meta, &access, Timestamp::UNIX_EPOCH).is_some()
        };
        let refusal = Refusal { reason: Reason::AccountNotAllowed, message: String::new() };
        assert!(is_polled(Admission::Granted));
        for admission in [Admission::Suspended, Admission::Unverified, Admission::Refused(refusal)] {
            assert!(!is_polled(admission.clone()), "{admission:?}");
        }
    }

    #[test]
    fn a_watch_that_awaits_an_answer_is_due_at_once_however_new_the_data_of_before_is() {
        let spec = serde_json::from_value(json!({"appId": "cart", "regionId": "cn-hangzhou"})).unwrap();
        let meta = Meta { generation: 1, uid: "", created_at: None, request: None };
        let fresh_since = |is_ready: &str| {
            let time = "2026-01-01T00:00:00Z";
            let ready = json!({
                "type": "Ready", "status": is_ready, "reason": "R", "message": "", "lastTransitionTime": time,
            });
            let status = json!({"observedAt": time, "conditions": [ready]});
            let status = serde_json::from_value(status).unwrap();
            let access = Access::own(None);
            Subscription::new(&spec, Some(&status), meta, &access, Timestamp::UNIX_EPOCH).unwrap().fresh_since
        };
        assert!(fresh_since("True").is_some() && fresh_since("False").is_some());
        assert_eq!(fresh_since("Unknown"), None);
    }
}
