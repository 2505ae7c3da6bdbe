//! What a reconcile of a watch needs to know of accounts.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::api::{AccountName, NamespacePattern, RegionId};
use crate::domain::account::{AccountState, Found, KnownAccount, access, required};
use crate::domain::{Access, Account, Admission, Pace};
use crate::poll::Polls;

/// The accounts that watches may name. The controller of accounts writes it; reconciles of watches read it.
#[derive(Debug)]
pub struct Directory {
    /// Whether a watch must name an account.
    is_required: bool,
    /// The region of watches that name none, nor does their account.
    own_region: Option<RegionId>,
    accounts: Mutex<Accounts>,
}

#[derive(Debug)]
struct Accounts {
    /// Whether it is known which there are.
    is_listed: bool,
    /// Why there may be others than these.
    unavailable: Option<String>,
    entries: HashMap<AccountName, Entry>,
}

/// One account.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// Its spec cannot be read.
    Unreadable,
    /// It can.
    Readable {
        /// Its name and its number.
        identity: Arc<Account>,
        /// Who may use it.
        namespaces: BTreeSet<NamespacePattern>,
        /// The region of watches that name none.
        default_region: Option<RegionId>,
        /// How it stands.
        state: AccountState,
        /// By which its watches are polled; `None` before it was verified once.
        polls: Option<Polls>,
    },
}

/// What holds for a watch beside its own spec, and who polls for it.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Whether SAE may be asked.
    pub access: Access,
    /// By which it is polled, if SAE may be asked.
    pub polls: Option<Polls>,
    /// How its polls go while the account is not verified.
    pub pace: Option<Pace>,
}

impl Directory {
    /// The directory of an operator that uses accounts. The first list of them is awaited.
    pub fn new(is_required: bool, own_region: Option<RegionId>) -> Self {
        let accounts = Accounts { is_listed: false, unavailable: None, entries: HashMap::new() };
        Self { is_required, own_region, accounts: Mutex::new(accounts) }
    }

    /// The directory of an operator that uses none.
    pub fn unused(is_required: bool, own_region: Option<RegionId>) -> Self {
        let directory = Self::new(is_required, own_region);
        directory.settle(Some("the operator was started with --accounts=false".into()));
        directory
    }

    /// What holds for a watch, or a set, that names this account or none; `None` while it is not known which accounts there
    /// are. `own` polls with the operator's own keys.
    pub(crate) fn look_up(
        &self,
        account: Option<&AccountName>,
        namespace: &str,
        generation: i64,
        own: &Polls,
    ) -> Option<Lookup> {
        let own_region = self.own_region.as_ref();
        let Some(name) = account else {
            let lookup = if self.is_required {
                Lookup { access: required(own_region), polls: None, pace: None }
            } else {
                let access = Access::own(own_region.cloned());
                Lookup { access, polls: Some(own.clone()), pace: None }
            };
            return Some(lookup);
        };
        let accounts = self.accounts();
        if !accounts.is_listed {
            return None;
        }
        let entry = accounts.entries.get(name);
        let access = access(name, namespace, accounts.find(entry), own_region);
        let (polls, pace) = match (&access.admission, entry) {
            (Admission::Granted, Some(Entry::Readable { polls, .. })) => (polls.clone(), None),
            (Admission::Unverified, Some(Entry::Readable { state, .. })) => {
                (None, Some(state.pace(name, generation)))
            }
            _ => (None, None),
        };
        Some(Lookup { access, polls, pace })
    }

    /// Whether SAE may be asked for the watches of this namespace that name this account.
    pub(super) fn grants(&self, name: &AccountName, namespace: &str) -> bool {
        let accounts = self.accounts();
        let found = accounts.find(accounts.entries.get(name));
        access(name, namespace, found, None).admission == Admission::Granted
    }

    /// Whether watches of this namespace may name this account, however it stands.
    pub(super) fn allows(&self, name: &AccountName, namespace: &str) -> bool {
        match self.accounts().entries.get(name) {
            Some(Entry::Readable { namespaces, .. }) => NamespacePattern::any_allows(namespaces, namespace),
            Some(Entry::Unreadable) | None => false,
        }
    }

    /// Puts an account in the place of the one of its name. Returns whether its watches see anything new.
    pub(super) fn put(&self, name: AccountName, entry: Entry) -> bool {
        let mut accounts = self.accounts();
        let is_new = accounts.entries.get(&name) != Some(&entry);
        accounts.entries.insert(name, entry);
        is_new
    }

    /// Takes an account out.
    pub(super) fn remove(&self, name: &AccountName) {
        self.accounts().entries.remove(name);
    }

    /// The list of accounts is complete, or will not come for this reason. Returns whether that is new.
    pub(super) fn settle(&self, unavailable: Option<String>) -> bool {
        let mut accounts = self.accounts();
        let is_new = !accounts.is_listed || accounts.unavailable != unavailable;
        accounts.is_listed = true;
        accounts.unavailable = unavailable;
        is_new
    }

    /// Every change is complete before anything else can happen, so a panic elsewhere leaves whole values behind.
    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    fn find<'a>(&'a self, entry: Option<&'a Entry>) -> Found<'a> {
        match entry {
            None => Found::Nothing(self.unavailable.as_deref()),
            Some(Entry::Unreadable) => Found::Unreadable,
            Some(Entry::Readable { identity, namespaces, default_region, state, polls: _ }) => {
                let default_region = default_region.as_ref();
                Found::Account(KnownAccount { identity, namespaces, default_region, state })
            }
        }
    }
}
