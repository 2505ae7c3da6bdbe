//! What belongs to what: watches to sets, sets and watches to accounts.

use std::collections::BTreeMap;

use super::read::{Item, Lists};
use crate::domain::Reason;

/// What one account is asked for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Branch {
    /// The account; `None` is the operator's own keys.
    pub(super) account: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) sets: Vec<SetBranch>,
    /// Watches without a set.
    pub(super) watches: Vec<Item>,
}

/// A set and its watches.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SetBranch {
    pub(super) set: Item,
    pub(super) watches: Vec<Item>,
}

/// The accounts by name, the operator's own keys last. Accounts that nothing uses are left out unless `all` are wanted.
pub(super) fn branches(lists: Lists, all: bool) -> Vec<Branch> {
    let Lists { accounts, sets, watches, unread: _ } = lists;
    let are_sets_known = sets.is_some();
    let mut known: BTreeMap<(String, String), SetBranch> = BTreeMap::new();
    for set in sets.into_iter().flatten() {
        known.insert(key(&set.namespace, &set.name), SetBranch { set, watches: Vec::new() });
    }
    let mut trunk: BTreeMap<(bool, Option<String>), Branch> = BTreeMap::new();
    for watch in watches {
        let of_set = watch.set.as_ref().map(|set| key(&watch.namespace, set));
        match of_set {
            Some(key) if are_sets_known && !known.contains_key(&key) => {
                // Its set was deleted, and it was kept.
                branch(&mut trunk, watch.account.as_deref()).watches.push(watch);
            }
            Some(key) => {
                let (namespace, name) = key.clone();
                let unknown = || Item { namespace, name, account: watch.account.clone(), ..Item::default() };
                let of_set = known.entry(key);
                of_set
                    .or_insert_with(|| SetBranch { set: unknown(), watches: Vec::new() })
                    .watches
                    .push(watch);
            }
            None => branch(&mut trunk, watch.account.as_deref()).watches.push(watch),
        }
    }
    for of_set in known.into_values() {
        branch(&mut trunk, of_set.set.account.as_deref()).sets.push(of_set);
    }
    if let Some(accounts) = accounts {
        for branch in trunk.values_mut().filter(|branch| branch.account.is_some()) {
            branch.reason = Some(Reason::AccountNotFound.to_string());
        }
        for Item { name, reason, .. } in accounts {
            if all || trunk.contains_key(&(false, Some(name.clone()))) {
                branch(&mut trunk, Some(&name)).reason = reason;
            }
        }
    }
    trunk.into_values().collect()
}

fn key(namespace: &str, name: &str) -> (String, String) {
    (namespace.to_owned(), name.to_owned())
}

fn branch<'a>(
    trunk: &'a mut BTreeMap<(bool, Option<String>), Branch>,
    account: Option<&str>,
) -> &'a mut Branch {
    let account = account.map(str::to_owned);
    let branch = trunk.entry((account.is_none(), account.clone())).or_default();
    branch.account = account;
    branch
}
