//! May a call go out? The budget sets the pace, a throttle pauses all calls, bad credentials let only probes out.

pub(crate) mod backoff;
mod budget;
mod credentials;
mod part;
mod throttle;

use tokio::time::Instant;

use self::budget::Budget;
use self::part::{Fraction, Part};
use self::throttle::Throttle;
use crate::domain::Failure;

pub(crate) use self::credentials::{Admission, CredentialGate};

/// What every call of one account passes.
#[derive(Debug)]
pub(crate) struct CallGate {
    pub(crate) budget: Budget,
    /// What new and changed watches of sets may have of it.
    pub(crate) of_sets: Part,
    /// What diagnoses may have of it.
    pub(crate) diagnoses: Part,
    pub(crate) throttle: Throttle,
    pub(crate) credentials: CredentialGate,
}

/// Whether SAE refuses this operation until somebody acts, while the credentials are good for others.
pub(crate) fn is_refusal(failure: &Failure) -> bool {
    backoff::is_permanent(failure) && !CredentialGate::concerns(failure)
}

impl CallGate {
    /// A budget of `calls_per_minute` that starts now, and no trouble yet.
    pub(crate) fn new(calls_per_minute: u32, now: Instant) -> Self {
        let budget = Budget::new(calls_per_minute, now);
        let part = |fraction| Part::new(fraction, calls_per_minute, budget.spacing(), now);
        Self {
            of_sets: part(Fraction::Half),
            diagnoses: part(Fraction::Tenth).waiting(),
            budget,
            throttle: Throttle::new(),
            credentials: CredentialGate::default(),
        }
    }

    /// Changes the budget from now on.
    pub(crate) fn set_budget(&mut self, calls_per_minute: u32) {
        self.budget.set(calls_per_minute);
        for part in [&mut self.of_sets, &mut self.diagnoses] {
            part.set(calls_per_minute, self.budget.spacing());
        }
    }

    /// When budget and throttle let the next call out; `None` while an answer must come back first.
    pub(crate) fn ready_at(&self, now: Instant) -> Option<Instant> {
        Some(self.budget.ready_at()?.max(self.throttle.ready_at(now)?))
    }

    /// A call starts.
    pub(crate) fn spend(&mut self, now: Instant) {
        self.budget.spend(now);
        self.throttle.sent();
        self.credentials.sent();
    }
}
