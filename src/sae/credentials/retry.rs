//! What failed last, and when it may be tried again in the background.

use jiff::Timestamp;

use super::validity::pause;
use crate::sae::Error;

/// How something goes that is tried again until it succeeds.
#[derive(Debug, Default)]
pub(super) struct Retry {
    /// What went wrong in the newest try, if anything.
    pub failure: Option<Error>,
    /// Failures in a row.
    failures: u32,
    /// When the next try may begin in the background. A caller that has to wait for the outcome tries at once.
    pub not_before: Option<Timestamp>,
}

impl Retry {
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// `chance` between 0 and 1 spreads the tries of several replicas.
    pub(super) fn failed(&mut self, error: Error, now: Timestamp, chance: f64) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.checked_add(pause(self.failures, chance)).ok();
        self.failure = Some(error);
    }

    /// Whether a try may begin in the background now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|time| now >= time)
    }
}
