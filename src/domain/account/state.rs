//! How an account stands, as one value: the table of contract §11.2.

use super::verification::{StsAnswer, Verification};
use crate::api::{AccountName, NamespacePattern, SaeAccountSpec};
use crate::domain::Reason;
use crate::domain::row::{Row, awaited, retried, settled, stalled};

/// What a row of the table is chosen by.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    /// What the admin declares.
    pub spec: &'a SaeAccountSpec,
    /// An older SaeAccount of the same number.
    pub elder: Option<&'a AccountName>,
    /// The operator's own keys, where watches are asked for with them.
    pub own_keys: OwnKeys<'a>,
    /// What STS has said of this account's keys.
    pub verification: &'a Verification,
}

/// What the operator's own keys mean to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnKeys<'a> {
    /// Nothing: with `--require-account` no watch is asked for with them.
    Unused,
    /// Watches without an account are asked for with them. Whose they are, as far as STS has said it.
    Asked(&'a Verification),
}

/// How an account stands: a row of the table. The texts are for the status of the account alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountState {
    /// No call is made for it.
    Suspended,
    /// Its spec would let watches do what it seems to forbid, or the operator cannot read it.
    Invalid(String),
    /// Another one stands for the same number.
    Conflict(String),
    /// The keys are those of the account.
    Verified {
        /// As STS calls their owner.
        arn: String,
    },
    /// They are another account's.
    Mismatch {
        /// As STS calls their owner.
        arn: String,
        /// Both numbers.
        message: String,
    },
    /// STS refuses them, or there are none.
    Refused(Reason, String),
    /// STS gives no answer.
    Failing {
        /// What went wrong.
        message: String,
        /// How often in a row, throttled ones not counted.
        failures: u32,
        /// Whether STS throttles.
        is_throttled: bool,
    },
    /// Nothing is known yet.
    Pending,
}

impl AccountState {
    /// That of an account whose spec cannot be read: the API server checks specs, but the CRD may be another version's.
    pub(crate) fn unreadable(problem: &str) -> Self {
        Self::Invalid(format!("the spec cannot be read: {problem}"))
    }

    /// The first row that fits.
    pub(crate) fn new(claim: &Claim<'_>) -> Self {
        if claim.spec.suspend {
            return Self::Suspended;
        }
        let row = claim.invalid().map(Self::Invalid).or_else(|| claim.conflict().map(Self::Conflict));
        row.unwrap_or_else(|| claim.by_verification())
    }

    /// Ready, Reconciling and Stalled.
    pub(super) fn row(&self) -> Row<'_> {
        match self {
            Self::Suspended => [None, None, None],
            Self::Invalid(message) => stalled(Reason::InvalidSpec, message),
            Self::Conflict(message) => stalled(Reason::AccountConflict, message),
            Self::Verified { arn } => {
                settled(Reason::Verified, format!("STS says that the keys are those of the account: {arn}"))
            }
            Self::Mismatch { message, .. } => stalled(Reason::AccountMismatch, message),
            Self::Refused(reason, message) => stalled(*reason, message),
            Self::Failing { message, .. } => retried(Reason::VerificationFailed, message),
            Self::Pending => awaited(Reason::Progressing, "waiting for STS to say whose the keys are"),
        }
    }

    /// The reason of Ready; `None` while suspended.
    pub(crate) fn reason(&self) -> Option<Reason> {
        let [ready, ..] = self.row();
        ready.map(|(_, reason, _)| reason)
    }

    /// Whether calls may be made for its watches.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self, Self::Verified { .. })
    }

    /// Whether it is an outcome for the spec's generation (contract §2, `observedGeneration`).
    pub(super) fn is_outcome(&self) -> bool {
        !matches!(self, Self::Pending)
    }
}

impl Claim<'_> {
    /// Whether the account is asked with the operator's own keys.
    fn has_own_keys(&self) -> bool {
        self.spec.role_arn.is_none() && self.spec.profile.is_none()
    }

    fn invalid(&self) -> Option<String> {
        let is_open = self.spec.namespaces.iter().any(NamespacePattern::is_all);
        let is_forgeable = self.has_own_keys() && self.own_keys != OwnKeys::Unused && !is_open;
        is_forgeable.then(|| {
            "namespaces must be [\"*\"] without roleArn and profile: a watch without accountRef uses the very same \
             keys. Give the account a role or a profile, or start the operator with --require-account"
                .into()
        })
    }

    fn conflict(&self) -> Option<String> {
        let id = &self.spec.account_id;
        if let Some(elder) = self.elder {
            return Some(format!(
                "the older SaeAccount {elder} has the same accountId {id}: delete one of the two"
            ));
        }
        let is_own = matches!(self.own_keys, OwnKeys::Asked(own) if own.account() == Some(id));
        (is_own && !self.has_own_keys()).then(|| {
            let identity = if self.spec.role_arn.is_some() { "roleArn" } else { "profile" };
            format!(
                "the operator's own keys are those of account {id} too, and watches without accountRef use them: leave \
                 {identity} out, or start the operator with --require-account"
            )
        })
    }

    fn by_verification(&self) -> AccountState {
        let expected = &self.spec.account_id;
        match self.verification {
            Verification::Answered(StsAnswer::Caller { account_id, arn }) if account_id != expected => {
                let message = format!("the keys are those of account {account_id}, not of {expected}: {arn}");
                AccountState::Mismatch { arn: arn.clone(), message }
            }
            Verification::Answered(StsAnswer::Caller { arn, .. }) => self.beside_own_keys(arn),
            Verification::Answered(StsAnswer::Refused { reason, message }) => {
                AccountState::Refused(*reason, message.clone())
            }
            Verification::Failed { message, failures, is_throttled } => AccountState::Failing {
                message: message.clone(),
                failures: *failures,
                is_throttled: *is_throttled,
            },
            Verification::Pending => AccountState::Pending,
        }
    }

    /// Not verified before it is known whether the operator's own keys are this account's too: they would be two
    /// schedulers.
    fn beside_own_keys(&self, arn: &str) -> AccountState {
        match self.own_keys {
            OwnKeys::Asked(Verification::Pending) => AccountState::Pending,
            OwnKeys::Asked(Verification::Failed { message, failures, is_throttled }) => {
                AccountState::Failing {
                    message: format!("whose the operator's own keys are is not known: {message}"),
                    failures: *failures,
                    is_throttled: *is_throttled,
                }
            }
            OwnKeys::Unused | OwnKeys::Asked(Verification::Answered(_)) => {
                AccountState::Verified { arn: arn.to_owned() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(account_id: &str) -> Verification {
        Verification::Answered(StsAnswer::Caller {
            account_id: account_id.parse().unwrap(),
            arn: format!("acs:ram::{account_id}:user/a"),
        })
    }

    fn spec(extra: &serde_json::Value) -> SaeAccountSpec {
        let mut spec = serde_json::json!({"accountId": "11111", "namespaces": ["*"]});
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn role() -> serde_json::Value {
        serde_json::json!({"roleArn": "acs:ram::11111:role/saewatch", "namespaces": ["team-a"]})
    }

    /// The reason of Ready.
    fn reason(claim: &Claim<'_>) -> Option<&'static str> {
        AccountState::new(claim).reason().map(Reason::as_str)
    }

    #[test]
    fn the_first_row_that_fits_is_taken() {
        let (elder, ours, others) = ("a".parse().unwrap(), caller("11111"), caller("22222"));
        let refused = |reason, message: &str| {
            Verification::Answered(StsAnswer::Refused { reason, message: message.to_owned() })
        };
        let missing = refused(Reason::CredentialsMissing, "none");
        let refused = refused(Reason::AuthenticationFailed, "no");
        let failed = Verification::Failed { message: "reset".into(), failures: 1, is_throttled: false };
        let pending = Verification::Pending;
        let suspended = spec(&serde_json::json!({"suspend": true}));
        let (with_role, own) = (spec(&role()), spec(&serde_json::json!({})));
        let narrow = spec(&serde_json::json!({"namespaces": ["team-a"]}));
        let unused = OwnKeys::Unused;
        let rows = [
            (&suspended, Some(&elder), unused, &refused, None),
            (&narrow, Some(&elder), OwnKeys::Asked(&others), &refused, Some("InvalidSpec")),
            (&narrow, None, unused, &ours, Some("Verified")),
            (&with_role, Some(&elder), unused, &ours, Some("AccountConflict")),
            (&with_role, None, OwnKeys::Asked(&ours), &refused, Some("AccountConflict")),
            (&own, None, OwnKeys::Asked(&ours), &ours, Some("Verified")),
            (&with_role, None, OwnKeys::Asked(&others), &ours, Some("Verified")),
            (&with_role, None, OwnKeys::Asked(&refused), &ours, Some("Verified")),
            (&with_role, None, OwnKeys::Asked(&missing), &ours, Some("Verified")),
            (&with_role, None, OwnKeys::Asked(&pending), &ours, Some("Progressing")),
            (&with_role, None, OwnKeys::Asked(&failed), &ours, Some("VerificationFailed")),
            (&with_role, None, OwnKeys::Asked(&pending), &others, Some("AccountMismatch")),
            (&with_role, None, unused, &others, Some("AccountMismatch")),
            (&with_role, None, unused, &refused, Some("AuthenticationFailed")),
            (&with_role, None, unused, &missing, Some("CredentialsMissing")),
            (&with_role, None, unused, &failed, Some("VerificationFailed")),
            (&with_role, None, unused, &pending, Some("Progressing")),
        ];
        for (spec, elder, own_keys, verification, expected) in rows {
            let claim = Claim { spec, elder, own_keys, verification };
            assert_eq!(reason(&claim), expected, "{claim:?}");
        }
    }
}
