//! Whether each SaeAccount is Ready, and whether SaeAccounts can be listed at all.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::{ACCOUNT_READY, ACCOUNTS_UNAVAILABLE};
use crate::api::{AccountId, AccountName};
use crate::domain::Reason;

/// The SaeAccounts that this replica works with. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Accounts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<AccountName, Shown>,
    /// Whether they can be listed, or why not; `None` while they are not listed at all.
    listed: Option<Result<(), String>>,
}

/// What one SaeAccount shows.
#[derive(Debug)]
struct Shown {
    /// `None` while its spec cannot be read.
    id: Option<AccountId>,
    reason: Option<Reason>,
    is_ready: bool,
}

impl Accounts {
    /// Begins anew, as a replica that does not lead: with no SaeAccounts, and no list of them.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    /// Notes how the condition Ready of a SaeAccount stands; without it there is no reason.
    pub fn show(&self, name: &AccountName, id: Option<&AccountId>, reason: Option<Reason>, is_ready: bool) {
        self.lock().accounts.insert(name.clone(), Shown { id: id.cloned(), reason, is_ready });
    }

    /// Forgets a SaeAccount that is gone.
    pub fn forget(&self, name: &AccountName) {
        self.lock().accounts.remove(name);
    }

    /// Notes whether SaeAccounts can be listed, or why not.
    pub fn list(&self, outcome: Result<(), String>) {
        self.lock().listed = Some(outcome);
    }

    /// Why SaeAccounts cannot be listed, in a sentence.
    pub(super) fn trouble(&self) -> Option<String> {
        let problem = self.lock().listed.clone()?.err()?;
        Some(format!("SaeAccounts are not used: {problem}"))
    }

    /// Every change is complete before anything else can happen, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Accounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let State { accounts, listed } = &*self.lock();
        if !accounts.is_empty() {
            let mut samples = ACCOUNT_READY.write(&mut encoder)?;
            accounts.iter().try_for_each(|(name, Shown { id, reason, is_ready })| {
                let id = id.as_ref().map_or("", AccountId::as_str);
                let reason = reason.map_or("", Reason::as_str);
                samples.gauge([name.as_str(), id, reason], u32::from(*is_ready))
            })?;
        }
        let Some(listed) = listed else { return Ok(()) };
        ACCOUNTS_UNAVAILABLE.gauge(&mut encoder, u32::from(listed.is_err()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::scraped;
    use super::*;

    #[test]
    fn an_account_has_one_series_until_it_is_gone() {
        let (accounts, name) = (Accounts::default(), "prod".parse().unwrap());
        let id = "1234567890".parse().unwrap();
        let id = Some(&id);
        let series = |reason: &str, value: u32| {
            let labels = format!(r#"account="prod",account_id="1234567890",reason="{reason}""#);
            vec![format!("saewatch_account_ready{{{labels}}} {value}")]
        };
        accounts.show(&name, id, Some(Reason::Progressing), false);
        assert_eq!(scraped(accounts.clone()), series("Progressing", 0));
        accounts.show(&name, id, Some(Reason::Verified), true);
        assert_eq!(scraped(accounts.clone()), series("Verified", 1));
        accounts.show(&name, id, None, false);
        assert_eq!(scraped(accounts.clone()), series("", 0), "suspended");
        accounts.forget(&name);
        assert_eq!(scraped(accounts.clone()), [""; 0]);
    }

    #[test]
    fn whether_accounts_can_be_listed_is_shown_while_somebody_tries() {
        let accounts = Accounts::default();
        assert_eq!(scraped(accounts.clone()), [""; 0]);
        accounts.list(Err("no".to_owned()));
        assert_eq!(scraped(accounts.clone()), ["saewatch_accounts_unavailable 1"]);
        accounts.list(Ok(()));
        assert_eq!(scraped(accounts.clone()), ["saewatch_accounts_unavailable 0"]);
        accounts.clear();
        assert_eq!(scraped(accounts.clone()), [""; 0]);
    }
}
