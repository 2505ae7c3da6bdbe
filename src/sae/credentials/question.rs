//! What is remembered of the questions to STS whose keys are.

use std::sync::Arc;

use super::Caller;
use super::flight::Flight;
use super::found::FoundKeys;
use super::retry::Retry;

/// Keys, and whose they are.
pub(super) type Identified = (Arc<FoundKeys>, Caller);

/// What STS said.
#[derive(Debug, Default)]
pub(super) struct Identification {
    /// Of the newest source that it was asked for, and which one that is.
    pub(super) known: Option<(u64, Caller)>,
    /// The question that is under way.
    pub(super) flight: Option<Flight<Identified>>,
    pub(super) questions: Retry,
}
