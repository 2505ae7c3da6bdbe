//! Why a call gave no answer, and what follows from it.

use std::fmt;
use std::time::Duration;

use super::Operation;
use super::codes::{Meaning, meaning};
use crate::api::SaeId;
use crate::domain::text::clean;
use crate::domain::{Failure, FailureClass, Named, Reason};

/// One call that gave no answer.
///
/// Displayed as `operation: Code (HTTP nnn): what went wrong; what to do`, for logs, conditions and people.
/// Nothing in the text moves by itself, so equal failures are equal texts, and nothing in it is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The operation, as SAE or STS names it.
    pub operation: &'static str,
    /// The code of the answer, if it gave one.
    pub code: Option<String>,
    /// The HTTP status, if there was an answer at all.
    pub status: Option<u16>,
    /// RequestId, for the log and for SAE's support; not part of the text, since it moves by itself.
    pub request_id: Option<String>,
    /// What follows from it.
    pub class: Class,
    /// What went wrong, cleaned and cut.
    pub message: String,
    /// What to do about it, where a person has to act.
    pub advice: Option<String>,
}

/// What follows from an error (contract §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The account is over its quota; with SAE's hint how long to wait.
    Throttled(Option<Duration>),
    /// It passes; with SAE's hint how long to wait with the next try of this.
    Transient(Option<Duration>),
    /// SAE refused the time, the nonce or an expired token of the request, and the client has put that right:
    /// the same question asked once more is signed anew and may well be answered. A second time it is
    /// [`Class::Transient`] to the asker.
    SignAnew,
    /// An answer that could not be read; it may pass.
    Malformed,
    /// SAE does not know the application.
    NotFound,
    /// A named group is not among those that SAE lists.
    GroupNotFound,
    /// SAE calls a value of the question wrong.
    Invalid,
    /// SAE or STS does not accept the key, the token or the signature.
    CredentialsRejected,
    /// No credentials are configured, or only half of one.
    CredentialsMissing,
    /// The credentials are of another account than the one whose they must be.
    AccountMismatch,
    /// The key may not ask this.
    Denied,
    /// The account is blocked or has no money.
    Blocked,
}

impl Class {
    /// How long SAE asked to wait.
    pub fn hint(self) -> Option<Duration> {
        let (Self::Throttled(hint) | Self::Transient(hint)) = self else { return None };
        hint
    }

    /// The reason that stands in the conditions, for an error that stays until a person acts.
    pub fn permanent(self) -> Option<Reason> {
        match self {
            Self::Throttled(_) | Self::Transient(_) | Self::SignAnew | Self::Malformed => None,
            Self::NotFound => Some(Reason::AppNotFound),
            Self::GroupNotFound => Some(Reason::GroupNotFound),
            Self::Invalid => Some(Reason::InvalidSpec),
            Self::CredentialsRejected => Some(Reason::AuthenticationFailed),
            Self::CredentialsMissing => Some(Reason::CredentialsMissing),
            Self::AccountMismatch => Some(Reason::AccountMismatch),
            Self::Denied => Some(Reason::AccessDenied),
            Self::Blocked => Some(Reason::AccountBlocked),
        }
    }
}

impl Error {
    /// An error without an answer behind it.
    pub fn new(operation: &'static str, class: Class, message: impl Into<String>) -> Self {
        Self {
            operation,
            code: None,
            status: None,
            request_id: None,
            class,
            message: message.into(),
            advice: None,
        }
    }

    /// A group that a target names and SAE does not list.
    pub fn group_not_found(group: &SaeId) -> Self {
        let message = format!("the application has no group {group}");
        Self::new(Operation::Groups.name(), Class::GroupNotFound, message)
            .advise("name a group that exists, or none to watch them all")
    }

    /// An application that a watch names and SAE does not list.
    pub fn application_not_found(named: &Named) -> Self {
        let Named { name, namespace } = named;
        let message = format!("namespace {namespace} has no application named {name}");
        Self::new(Operation::Applications.name(), Class::NotFound, message).advise(
            "check appName, namespaceId and the region: SAE lists the application's exact name and its namespace's id",
        )
    }

    /// Whether the service that answered is asked too often. STS's throttle is an error that passes, and not SAE's quota.
    pub fn is_throttle(&self) -> bool {
        matches!(self.class, Class::Throttled(_))
            || self.status == Some(429)
            || self.meaning() == Some(Meaning::Throttled)
    }

    /// What its code means.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        self.code.as_deref().and_then(meaning)
    }

    /// The same error with what to do about it.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The error as the decision takes it. Names of profiles and paths in it come from outside, and `check` prints it on a
    /// terminal: control characters go here.
    pub fn failure(&self) -> Failure {
        let class = match (self.class, self.class.permanent()) {
            (_, Some(reason)) => FailureClass::Permanent(reason),
            (Class::Throttled(_), None) => FailureClass::Throttled,
            (_, None) => FailureClass::Transient,
        };
        Failure { class, message: clean(&self.to_string(), usize::MAX) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        match (&self.code, self.status) {
            (Some(code), Some(status)) => write!(f, "{code} (HTTP {status}): ")?,
            (Some(code), None) => write!(f, "{code}: ")?,
            (None, Some(status)) => write!(f, "HTTP {status}: ")?,
            (None, None) => {}
        }
        f.write_str(self.message.trim_end_matches('.'))?;
        match &self.advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    impl Class {
        /// A word for tables of classes, whatever the hint.
        pub(in crate::sae) fn kind(self) -> &'static str {
            match self {
                Self::Throttled(_) => "throttled",
                Self::Transient(_) => "transient",
                Self::SignAnew => "sign_anew",
                Self::Malformed => "malformed",
                Self::NotFound => "not_found",
                Self::GroupNotFound => "group_not_found",
                Self::Invalid => "invalid",
                Self::CredentialsRejected => "credentials_rejected",
                Self::CredentialsMissing => "credentials_missing",
                Self::AccountMismatch => "account_mismatch",
                Self::Denied => "denied",
                Self::Blocked => "blocked",
            }
        }
    }

    #[test]
    fn the_text_says_operation_code_status_and_what_to_do() {
        let error = Error {
            code: Some("NoPermission".into()),
            status: Some(403),
            request_id: Some("REQ-2".into()),
            ..Error::new("DescribeApplicationInstances", Class::Denied, "You are not authorized")
        }
        .advise("grant sae:DescribeApplicationInstances");
        assert_eq!(
            error.to_string(),
            "DescribeApplicationInstances: NoPermission (HTTP 403): You are not authorized; \
             grant sae:DescribeApplicationInstances"
        );
        assert!(!error.to_string().contains("REQ-2"), "what moves by itself is no part of the text");
    }

    #[test]
    fn a_throttle_is_nobodys_failure_and_a_passing_error_is_retried() {
        let class = |class| Error::new("ListApplications", class, "").failure().class;
        assert_eq!(class(Class::Throttled(None)), FailureClass::Throttled);
        for passing in [Class::Transient(None), Class::SignAnew, Class::Malformed] {
            assert_eq!(class(passing), FailureClass::Transient);
        }
        assert_eq!(class(Class::Denied), FailureClass::Permanent(Reason::AccessDenied));
    }
}
