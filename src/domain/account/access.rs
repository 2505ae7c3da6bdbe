//! What an account means to a watch that names it: the table of contract §11.3, but for what the watch says itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::state::AccountState;
use crate::api::{AccountName, NamespacePattern, RegionId};
use crate::domain::{Access, Account, Admission, Attempt, Failure, FailureClass, Pace, Reason, Refusal};

/// An account as its watches know it.
#[derive(Debug)]
pub(crate) struct KnownAccount<'a> {
    /// Its name and its number.
    pub identity: &'a Arc<Account>,
    /// Who may use it.
    pub namespaces: &'a BTreeSet<NamespacePattern>,
    /// The region of watches that name none.
    pub default_region: Option<&'a RegionId>,
    /// How it stands.
    pub state: &'a AccountState,
}

/// What there is under the name of an account.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// Nothing, and why that may be so.
    Nothing(Option<&'a str>),
    /// An account with a spec that cannot be read.
    Unreadable,
    /// An account.
    Account(KnownAccount<'a>),
}

/// What a watch in this namespace may ask that names the account `name`.
pub(crate) fn access(
    name: &AccountName,
    namespace: &str,
    found: Found<'_>,
    own_region: Option<&RegionId>,
) -> Access {
    let without = |admission| Access { account: None, default_region: own_region.cloned(), admission };
    let known = match found {
        Found::Account(known) => known,
        Found::Unreadable => return without(AccountState::unreadable("").admission(name)),
        Found::Nothing(why) => {
            let why = why.map_or(String::new(), |why| format!(": {why}"));
            return without(refuse(Reason::AccountNotFound, format!("there is no SaeAccount {name}{why}")));
        }
    };
    let admission = if NamespacePattern::any_allows(known.namespaces, namespace) {
        known.state.admission(name)
    } else {
        let message = format!("the SaeAccount {name} does not allow the namespace {namespace}");
        refuse(Reason::AccountNotAllowed, message)
    };
    Access {
        account: Some(known.identity.clone()),
        default_region: known.default_region.or(own_region).cloned(),
        admission,
    }
}

/// What a watch may ask that names no account, while every watch must.
pub(crate) fn required(own_region: Option<&RegionId>) -> Access {
    let message = "the watch names no account: set spec.accountRef".into();
    let admission = refuse(Reason::AccountRequired, message);
    Access { account: None, default_region: own_region.cloned(), admission }
}

fn refuse(reason: Reason, message: String) -> Admission {
    Admission::Refused(Refusal { reason, message })
}

impl AccountState {
    /// What a watch may ask whose namespace is allowed. The messages hold nothing that is the account's alone.
    fn admission(&self, name: &AccountName) -> Admission {
        let (reason, problem) = match self {
            Self::Suspended => return Admission::Suspended,
            Self::Verified { .. } => return Admission::Granted,
            Self::Failing { .. } | Self::Pending => return Admission::Unverified,
            Self::Invalid(_) => (Reason::InvalidSpec, "has a spec that the operator cannot use"),
            Self::Conflict(_) => (Reason::AccountConflict, "stands for the same account as another one"),
            Self::Mismatch { .. } | Self::Refused(Reason::AccountMismatch, _) => {
                (Reason::AccountMismatch, "has the keys of another account")
            }
            Self::Refused(reason @ Reason::CredentialsMissing, _) => (*reason, "has no keys"),
            Self::Refused(reason, _) => (*reason, "has keys that STS does not accept"),
        };
        refuse(reason, format!("the SaeAccount {name} {problem}; its own status says more"))
    }

    /// How the polls of a watch go while the account is not verified: each failed verification is a failed poll.
    pub(crate) fn pace(&self, name: &AccountName, generation: i64) -> Pace {
        let (failures, class) = match self {
            Self::Failing { failures, is_throttled: true, .. } => (*failures, Some(FailureClass::Throttled)),
            Self::Failing { failures, .. } => (*failures, Some(FailureClass::Transient)),
            _ => (0, None),
        };
        let message = format!("STS has not verified the SaeAccount {name} yet; its own status says more");
        Pace {
            failures,
            last: class.map(|class| Attempt::Failed(Failure { class, message })),
            generation: Some(generation),
            ..Pace::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Arc<Account> {
        Arc::new(Account { name: "prod".parse().unwrap(), id: "1234567890".parse().unwrap() })
    }

    fn of(state: &AccountState, namespace: &str) -> Access {
        let identity = identity();
        let namespaces = ["team-*".parse().unwrap()].into();
        let known =
            KnownAccount { identity: &identity, namespaces: &namespaces, default_region: None, state };
        access(&identity.name, namespace, Found::Account(known), Some(&"cn-own".parse().unwrap()))
    }

    fn reason(access: &Access) -> Option<&'static str> {
        match &access.admission {
            Admission::Refused(Refusal { reason, .. }) => Some(reason.as_str()),
            _ => None,
        }
    }

    #[test]
    fn the_namespace_is_looked_at_before_the_state() {
        let verified = AccountState::Verified { arn: "acs:ram::1234567890:user/a".into() };
        assert_eq!(of(&verified, "team-a").admission, Admission::Granted);
        for state in [verified, AccountState::Suspended, AccountState::Pending] {
            assert_eq!(reason(&of(&state, "others")), Some("AccountNotAllowed"));
        }
    }

    #[test]
    fn a_tenant_reads_the_name_and_the_reason_and_nothing_else() {
        let secret = || "SECRET of acs:ram::1234567890:role/x".to_owned();
        let states = [
            (AccountState::Invalid(secret()), "InvalidSpec"),
            (AccountState::Conflict(secret()), "AccountConflict"),
            (AccountState::Mismatch { arn: secret(), message: secret() }, "AccountMismatch"),
            (AccountState::Refused(Reason::AuthenticationFailed, secret()), "AuthenticationFailed"),
            (AccountState::Refused(Reason::CredentialsMissing, secret()), "CredentialsMissing"),
        ];
        for (state, expected) in states {
            let access = of(&state, "team-a");
            assert_eq!(reason(&access), Some(expected));
            let Admission::Refused(Refusal { message, .. }) = access.admission else { panic!() };
            assert!(message.contains("SaeAccount prod"), "{message}");
            assert!(!message.contains("SECRET") && !message.contains("1234567890"), "{message}");
        }
        let failing = AccountState::Failing { message: secret(), failures: 2, is_throttled: false };
        let pace = format!("{:?}", failing.pace(&"prod".parse().unwrap(), 1));
        assert!(pace.contains("failures: 2") && !pace.contains("SECRET"), "{pace}");
    }

    #[test]
    fn the_region_is_the_accounts_then_the_operators() {
        let identity = identity();
        let (namespaces, state) = (["*".parse().unwrap()].into(), AccountState::Pending);
        let (own, its) = ("cn-own".parse().unwrap(), "cn-its".parse().unwrap());
        let region = |default_region, own_region| {
            let known =
                KnownAccount { identity: &identity, namespaces: &namespaces, default_region, state: &state };
            access(&identity.name, "a", Found::Account(known), own_region).default_region
        };
        assert_eq!(region(Some(&its), Some(&own)), Some(its.clone()));
        assert_eq!(region(None, Some(&own)), Some(own.clone()));
        assert_eq!(region(None, None), None);
    }
}
