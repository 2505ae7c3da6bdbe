//! Why a job ends without an answer.

use std::time::Duration;

use crate::domain::Failure;
use crate::sae::{Class, Error};

/// Why a job ends without an answer.
#[derive(Debug)]
pub(super) enum Halt {
    /// A call failed.
    Failed {
        failure: Failure,
        /// How long SAE asked to wait.
        hint: Option<Duration>,
    },
    /// Nobody wants the answer any more.
    Withdrawn,
}

impl Halt {
    pub(super) fn of(error: &Error) -> Self {
        Self::Failed { failure: error.failure(), hint: hint(error) }
    }
}

/// How long SAE asked to wait.
pub(super) fn hint(error: &Error) -> Option<Duration> {
    match error.class {
        Class::Throttled(hint) | Class::Transient(hint) => hint,
        Class::SignAnew
        | Class::Malformed
        | Class::NotFound
        | Class::GroupNotFound
        | Class::Invalid
        | Class::CredentialsRejected
        | Class::CredentialsMissing
        | Class::Denied
        | Class::Blocked => None,
    }
}
