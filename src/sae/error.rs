//! Why a call gave no answer, and what follows from it.

use std::time::Duration;

use crate::domain::{Failure, FailureClass, Reason};

/// One call that gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct Error {
    /// The operation, as SAE names it.
    pub operation: &'static str,
    /// SAE's code, if it gave one.
    pub code: Option<String>,
    /// The HTTP status, if there was an answer at all.
    pub status: Option<u16>,
    /// RequestId, for the log and for SAE's support; not part of the message, since it moves by itself.
    pub request_id: Option<String>,
    /// What follows from it.
    pub class: Class,
    /// What SAE said, cleaned and cut, and what to do about it.
    pub message: String,
}

/// What follows from an error (contract §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The account is over its quota; with SAE's hint how long to wait.
    Throttled(Option<Duration>),
    /// It passes; with SAE's hint how long to wait with the next try of this.
    Transient(Option<Duration>),
    /// An answer that could not be read; it may pass.
    Malformed,
    /// It stays until somebody acts.
    Permanent(Reason),
}

impl Error {
    /// The error as the decision takes it.
    pub fn failure(&self) -> Failure {
        let class = match self.class {
            Class::Throttled(_) => FailureClass::Throttled,
            Class::Transient(_) | Class::Malformed => FailureClass::Transient,
            Class::Permanent(reason) => FailureClass::Permanent(reason),
        };
        Failure { class, message: self.to_string() }
    }
}
