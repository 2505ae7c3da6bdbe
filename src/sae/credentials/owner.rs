//! Keys of one account alone (contract §11.2): before keys of a new source serve, STS says whose they are. Until then the
//! keys serve that were verified before, and keys of another account never do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::found::FoundKeys;
use super::question::Identified;
use super::search::Source;
use crate::api::AccountId;
use crate::sae::{Class, Error};

/// Whose the keys must be.
#[derive(Debug, Default)]
pub(super) struct Owner(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The account; without one any keys serve, and STS is not asked.
    account: Option<AccountId>,
    /// The newest keys that are known to be the account's.
    verified: Option<Arc<FoundKeys>>,
}

impl Owner {
    pub(super) fn new(account: AccountId) -> Self {
        Self(Mutex::new(State { account: Some(account), verified: None }))
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        self.state().account.clone()
    }

    /// Another account. Keys that were verified for the one before serve no longer.
    pub(super) fn require(&self, account: Option<AccountId>) {
        let mut state = self.state();
        if state.account != account {
            *state = State { account, verified: None };
        }
    }

    /// Keys that may serve now. Waits for STS only when no verified ones are left.
    ///
    /// The error is read by those who write watches: it holds nothing of STS's and no other account (contract §11.3).
    /// What it leaves out is in the error of [`Credentials::identify`](super::Credentials::identify).
    pub(super) async fn keys(&self, source: &Arc<Source>) -> Result<Arc<FoundKeys>, Error> {
        let Some(account) = self.account() else { return source.current().await };
        let identified = match source.identified() {
            Some(identified) => identified,
            None => match self.verified(source) {
                Some(keys) => return Ok(keys),
                None => source.identify().await.map_err(|error| no_keys(error.class))?,
            },
        };
        self.admit(&account, identified)
    }

    /// Lets these keys no longer serve in the place of newer ones.
    pub(super) fn forget(&self, keys: &Arc<FoundKeys>) {
        self.state().verified.take_if(|verified| Arc::ptr_eq(verified, keys));
    }

    /// The keys that were verified before, while those that replace them are searched and verified. Not once it is known
    /// that there are none: that is the answer then.
    fn verified(&self, source: &Arc<Source>) -> Option<Arc<FoundKeys>> {
        let now = source.exchange.clock.now();
        let keys = self.state().verified.clone().filter(|keys| keys.are_usable(now))?;
        let is_due = {
            let state = source.state();
            let questions = &state.identification.questions;
            if questions.failure.as_ref().is_some_and(|error| error.class.permanent().is_some()) {
                return None;
            }
            questions.is_due(now)
        };
        if is_due {
            // It runs by itself.
            drop(source.identify());
        }
        Some(keys)
    }

    fn admit(&self, account: &AccountId, (found, caller): Identified) -> Result<Arc<FoundKeys>, Error> {
        let is_owner = caller.account_id == *account;
        let mut state = self.state();
        // Another account may be required meanwhile.
        if state.account.as_ref() == Some(account) {
            state.verified = is_owner.then(|| found.clone());
        }
        if is_owner { Ok(found) } else { Err(no_keys(Class::AccountMismatch)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the account has no keys, without anything that is not for everybody.
fn no_keys(class: Class) -> Error {
    let message = match class {
        Class::AccountMismatch => "the keys belong to another account",
        Class::CredentialsMissing => "no keys are configured for the account",
        Class::CredentialsRejected
        | Class::Denied
        | Class::Blocked
        | Class::Invalid
        | Class::NotFound
        | Class::GroupNotFound => "the keys of the account are refused",
        Class::Transient(_) | Class::Throttled(_) | Class::SignAnew | Class::Malformed => {
            "there are no verified keys of the account at present"
        }
    };
    Error::new("credentials", class, message).advise("see the SaeAccount, or the log of the operator")
}
