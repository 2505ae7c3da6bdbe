//! What STS has said of keys.

use crate::api::AccountId;
use crate::domain::Reason;

/// What STS has said of the keys of an account, or of the operator's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Verification {
    /// Nothing yet.
    #[default]
    Pending,
    /// Something that holds until the keys change.
    Answered(StsAnswer),
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

/// An answer of STS about keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StsAnswer {
    /// Whose they are.
    Caller {
        /// The number of the account.
        account_id: AccountId,
        /// The user, or the session of a role.
        arn: String,
    },
    /// It refuses them, or there are none. That stays until a person acts.
    Refused {
        /// `AuthenticationFailed`, `CredentialsMissing`, or `AccountMismatch`.
        reason: Reason,
        /// What it said.
        message: String,
    },
}

/// How one question to STS ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Newest {
    /// With an answer.
    Answer(StsAnswer),
    /// Without one.
    None {
        /// What went wrong.
        message: String,
        /// Whether STS throttles.
        is_throttled: bool,
    },
}

impl Verification {
    /// Whether STS has answered.
    pub(crate) fn is_answered(&self) -> bool {
        matches!(self, Self::Answered(_))
    }

    /// The account of the keys, if that is known.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Answered(StsAnswer::Caller { account_id, .. }) => Some(account_id),
            Self::Pending | Self::Answered(StsAnswer::Refused { .. }) | Self::Failed { .. } => None,
        }
    }

    /// What is known after one more answer. No answer takes nothing back: until new keys are verified, those that were
    /// verified before serve.
    pub(crate) fn then(&self, newest: Newest) -> Self {
        match newest {
            Newest::Answer(answer) => Self::Answered(answer),
            Newest::None { .. } if self.is_answered() => self.clone(),
            Newest::None { message, is_throttled } => {
                let before = if let Self::Failed { failures, .. } = self { *failures } else { 0 };
                let failures = before.saturating_add(u32::from(!is_throttled));
                Self::Failed { message, failures, is_throttled }
            }
        }
    }
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
        let caller = StsAnswer::Caller { account_id: "12345".parse().unwrap(), arn: "a".into() };
        let refused = StsAnswer::Refused { reason: Reason::AuthenticationFailed, message: "no".into() };
        for known in [caller, refused.clone()].map(Verification::Answered) {
            assert_eq!(known.then(none(false)), known);
            let refused = refused.clone();
            assert_eq!(known.then(Newest::Answer(refused.clone())), Verification::Answered(refused));
        }
    }
}
