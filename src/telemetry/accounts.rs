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
    /// Whether they cannot be listed; `None` while they are not listed at all.
    unavailable: Option<bool>,
}

/// What one SaeAccount shows.
#[derive(Debug)]
struct Shown {
    id: AccountId,
    reason: Option<Reason>,
    is_ready: bool,
}

impl Accounts {
    /// Begins anew, as a replica that does not lead: with no SaeAccounts, and no list of them.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    /// Notes how the condition Ready of a SaeAccount stands; without it there is no reason.
    pub fn show(&self, name: &AccountName, id: &AccountId, reason: Option<Reason>, is_ready: bool) {
        self.lock().accounts.insert(name.clone(), Shown { id: id.clone(), reason, is_ready });
    }

    /// Forgets a SaeAccount that is gone.
    pub fn forget(&self, name: &AccountName) {
        self.lock().accounts.remove(name);
    }

    /// Notes whether SaeAccounts can be listed.
    pub fn list(&self, is_possible: bool) {
        self.lock().unavailable = Some(!is_possible);
    }

    /// Every change is complete before anything else can happen, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Accounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let State { accounts, unavailable } = &*self.lock();
        if !accounts.is_empty() {
            let mut samples = ACCOUNT_READY.write(&mut encoder)?;
            accounts.iter().try_for_each(|(name, Shown { id, reason, is_ready })| {
                let reason = reason.map_or("", Reason::as_str);
                samples.gauge([name.as_str(), id.as_str(), reason], u32::from(*is_ready))
            })?;
        }
        unavailable.map_or(Ok(()), |is| ACCOUNTS_UNAVAILABLE.gauge(&mut encoder, u32::from(is)))
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    fn scraped(accounts: &Accounts) -> Vec<String> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(accounts.clone()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn an_account_has_one_series_until_it_is_gone() {
        let (accounts, name, id) =
            (Accounts::default(), "prod".parse().unwrap(), "1234567890".parse().unwrap());
        let series = |reason: &str, value: u32| {
            let labels = format!(r#"account="prod",account_id="1234567890",reason="{reason}""#);
            vec![format!("saewatch_account_ready{{{labels}}} {value}")]
        };
        accounts.show(&name, &id, Some(Reason::Progressing), false);
        assert_eq!(scraped(&accounts), series("Progressing", 0));
        accounts.show(&name, &id, Some(Reason::Verified), true);
        assert_eq!(scraped(&accounts), series("Verified", 1));
        accounts.show(&name, &id, None, false);
        assert_eq!(scraped(&accounts), series("", 0), "suspended");
        accounts.forget(&name);
        assert_eq!(scraped(&accounts), [""; 0]);
    }

    #[test]
    fn whether_accounts_can_be_listed_is_shown_while_somebody_tries() {
        let accounts = Accounts::default();
        assert_eq!(scraped(&accounts), [""; 0]);
        accounts.list(false);
        assert_eq!(scraped(&accounts), ["saewatch_accounts_unavailable 1"]);
        accounts.list(true);
        assert_eq!(scraped(&accounts), ["saewatch_accounts_unavailable 0"]);
        accounts.clear();
        assert_eq!(scraped(&accounts), [""; 0]);
    }
}
