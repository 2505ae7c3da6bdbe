//! The question why a target is unwell, and its answer.

use std::sync::Arc;

use tokio::time::Instant;

use super::key::RunNumber;
use crate::api::Diagnosis;
use crate::poll::subscription::Subscription;

/// The question why one target is unwell.
#[derive(Debug, Default)]
pub(crate) struct Inquiry {
    /// Since when a watch wants an answer and has none.
    pub(super) wanted: Option<Instant>,
    /// The run that asks now.
    pub(super) run: Option<RunNumber>,
    /// What SAE answered last, while it is of use.
    pub(super) answer: Option<Answer>,
}

/// What SAE answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) diagnosis: Arc<Diagnosis>,
    /// Until when it serves other watches.
    pub(super) until: Instant,
}

impl Answer {
    /// The status of a watch has it already where it says when it was asked.
    pub(super) fn serves(&self, subscription: &Subscription, now: Instant) -> bool {
        now < self.until && subscription.diagnosed_at != Some(self.diagnosis.at.0)
    }
}
