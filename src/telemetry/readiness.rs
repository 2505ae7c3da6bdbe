//! Whether the operator is ready: working with the lists of watches in hand, or standing by for a replica that does.

use std::sync::{Arc, Mutex, PoisonError};

/// Where the operator is on its way. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Mutex<Phase>>);

/// A step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// The first list of watches is not in yet.
    #[default]
    Listing,
    /// It is.
    Working,
    /// Another replica works.
    StandingBy,
}

impl Phase {
    /// Whether this is ready.
    pub fn is_ready(self) -> bool {
        match self {
            Self::Listing => false,
            Self::Working | Self::StandingBy => true,
        }
    }

    /// The phase in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "waiting for the first list of watches",
            Self::Working => "ready",
            Self::StandingBy => "standing by for the replica that works",
        }
    }
}

impl Readiness {
    /// Says that every namespace has given its first list, or is refused.
    pub(crate) fn reach(&self) {
        self.enter(Phase::Working);
    }

    /// Says that the operator is in this phase now.
    pub(crate) fn enter(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    /// Whether the operator is ready.
    pub fn is_reached(&self) -> bool {
        self.phase().is_ready()
    }

    /// The phase now.
    pub(crate) fn phase(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
