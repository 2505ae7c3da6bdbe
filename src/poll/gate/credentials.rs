//! What the account does when its credentials are rejected or missing (contract §6): one call probes for all.
//!
//! A wrong key is wrong for every watch. If each of them found that out by itself, a thousand watches would
//! spend the quota on it and, with some products, get the key locked.

use tokio::time::Instant;

use crate::domain::{Failure, FailureClass, Reason};

/// Whether the account's credentials are known to be rejected.
#[derive(Debug, Default)]
pub(crate) struct CredentialGate(Option<Rejected>);

#[derive(Debug)]
struct Rejected {
    failure: Failure,
    since: Instant,
    probe_at: Instant,
    probing: bool,
}

/// Which jobs may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// All of them; one, as a probe, while the credentials are rejected.
    All,
    /// A new spec or a request, as a probe.
    Urgent {
        /// When every job may probe.
        until: Instant,
    },
    /// None, while a probe is under way.
    None,
}

impl CredentialGate {
    /// Whether this failure is the whole account's.
    pub(crate) fn concerns(failure: &Failure) -> bool {
        matches!(
            failure.class,
            FailureClass::Permanent(
                Reason::AuthenticationFailed | Reason::CredentialsMissing | Reason::AccountMismatch
            )
        )
    }

    pub(crate) fn admits(&self, now: Instant) -> Admission {
        match &self.0 {
            Some(Rejected { probing: true, .. }) => Admission::None,
            Some(Rejected { probe_at, .. }) if *probe_at > now => Admission::Urgent { until: *probe_at },
            Some(_) | None => Admission::All,
        }
    }

    /// What is wrong with the credentials.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.0.as_ref().map(|rejected| &rejected.failure)
    }

    /// A call starts.
    pub(super) fn sent(&mut self) {
        if let Some(rejected) = &mut self.0 {
            rejected.probing = true;
        }
    }

    /// A call that was sent at `sent` was refused for its credentials; whether that is news. Of a call from before
    /// the last refusal it is none.
    pub(crate) fn rejected(
        &mut self,
        failure: &Failure,
        sent: Instant,
        now: Instant,
        probe_at: Instant,
    ) -> bool {
        if self.0.as_ref().is_some_and(|rejected| sent < rejected.since) {
            return false;
        }
        self.0 = Some(Rejected { failure: failure.clone(), since: now, probe_at, probing: false });
        true
    }

    /// A probe ended without a verdict on the credentials: the next one follows at `probe_at`.
    pub(crate) fn unknown(&mut self, probe_at: Instant) {
        if let Some(rejected) = &mut self.0 {
            rejected.probing = false;
            rejected.probe_at = rejected.probe_at.max(probe_at);
        }
    }

    /// The credentials may have changed: the next call probes.
    pub(crate) fn changed(&mut self, now: Instant) {
        if let Some(rejected) = &mut self.0 {
            rejected.probe_at = now;
        }
    }

    /// The credentials of a call that was sent at `sent` were accepted; whether that is new. A call from before
    /// the refusal proves nothing.
    pub(crate) fn accepted(&mut self, sent: Instant) -> bool {
        self.0.take_if(|rejected| rejected.since <= sent).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn closed(now: Instant) -> CredentialGate {
        let class = FailureClass::Permanent(Reason::AuthenticationFailed);
        let mut gate = CredentialGate::default();
        let wrong_key = Failure { class, message: "wrong key".into() };
        assert!(gate.rejected(&wrong_key, now, now, now + Duration::from_secs(600)));
        gate
    }

    #[test]
    fn one_probe_at_a_time_asks_for_all() {
        let now = Instant::now();
        let mut gate = closed(now);
        let probe_at = now + Duration::from_secs(600);
        assert_eq!(gate.admits(now), Admission::Urgent { until: probe_at });
        assert_eq!(gate.admits(probe_at), Admission::All);
        gate.sent();
        assert_eq!(gate.admits(probe_at), Admission::None);
        gate.unknown(probe_at + Duration::from_secs(15));
        assert_eq!(
            gate.admits(probe_at),
            Admission::Urgent { until: probe_at + Duration::from_secs(15) },
            "a probe without a verdict is repeated"
        );
        gate.changed(now);
        assert_eq!(gate.admits(now), Admission::All);
    }

    #[test]
    fn a_call_from_before_the_refusal_proves_nothing() {
        let now = Instant::now();
        let mut gate = closed(now);
        let before = now.checked_sub(Duration::from_secs(1)).unwrap();
        let failure = gate.failure().unwrap().clone();
        gate.sent();
        assert!(!gate.rejected(&failure, before, now, now));
        assert_eq!(gate.admits(now), Admission::None, "the probe is still under way");
        assert!(!gate.accepted(before));
        assert!(gate.accepted(now));
        assert_eq!(gate.admits(now), Admission::All);
        assert!(!gate.accepted(now), "it is news only once");
    }

    #[test]
    fn keys_of_another_account_concern_the_whole_account() {
        let failure = |reason| Failure { class: FailureClass::Permanent(reason), message: String::new() };
        assert!(CredentialGate::concerns(&failure(Reason::AccountMismatch)));
        assert!(!CredentialGate::concerns(&failure(Reason::AccessDenied)));
    }
}
