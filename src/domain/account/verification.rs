//! What STS has said of keys.

use crate::api::AccountId;
use crate::domain::Reason;

/// What STS has said of the keys of an account, or of the operator's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Verification {
    /// Nothing yet.
    #[default]
    Pending,
    /// Whose they are.
    Caller {
        /// The number of the account.
        account_id: AccountId,
        /// The user, or the session of a role.
        arn: String,
    },
    /// It refuses them, or there are none. That stays until a person acts.
    Refused {
        /// `AuthenticationFailed` or `CredentialsMissing`.
        reason: Reason,
        /// What it said.
        message: String,
    },
    /// It gave no answer.
    Failed {
        /// What went wrong.
        message: String,
        /// How often in a row, throttled ones not counted.
        failures: u32,
        /// Whether the newest one was a throttle.
        is_throttled: bool,
    },
}

impl Verification {
    /// Whether STS has said something that holds until the keys change.
    pub(crate) fn is_definite(&self) -> bool {
        matches!(self, Self::Caller { .. } | Self::Refused { .. })
    }

    /// The account of the keys, if that is known.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Caller { account_id, .. } => Some(account_id),
            Self::Pending | Self::Refused { .. } | Self::Failed { .. } => None,
        }
    }

    /// What is known after one more answer. No answer takes nothing back: until new keys are verified, those that were
    /// verified before serve.
    pub(crate) fn then(&self, newest: Newest) -> Self {
        match newest {
            Newest::Definite(answer) => answer,
            Newest::None { .. } if self.is_definite() => self.clone(),
            Newest::None { message, is_throttled } => {
                let before = if let Self::Failed { failures, .. } = self { *failures } else { 0 };
                let failures = before.saturating_add(u32::from(!is_throttled));
                Self::Failed { message, failures, is_throttled }
            }
        }
    }
}

/// How one question to STS ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Newest {
    /// With an answer.
    Definite(Verification),
    /// Without one.
    None {
        /// What went wrong.
        message: String,
        /// Whether STS throttles.
        is_throttled: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(is_throttled: bool) -> Newest {
        Newest::None { message: "no answer".into(), is_throttled }
    }

    #[test]
    fn failures_are_counted_but_for_throttled_ones() {
        let mut known = Verification::Pending;
        for (is_throttled, expected) in [(false, 1), (true, 1), (false, 2)] {
            known = known.then(none(is_throttled));
            let Verification::Failed { failures, .. } = known else { panic!("{known:?}") };
            assert_eq!(failures, expected);
        }
    }

    #[test]
    fn no_answer_takes_nothing_back() {
        let caller = Verification::Caller { account_id: "12345".parse().unwrap(), arn: "a".into() };
        let refused = Verification::Refused { reason: Reason::AuthenticationFailed, message: "no".into() };
        for known in [caller, refused.clone()] {
            assert_eq!(known.then(none(false)), known);
            assert_eq!(known.then(Newest::Definite(refused.clone())), refused);
        }
    }
}
