//! The kinds of resource that a manifest may declare.

use serde_json::Value;

use super::Validator;
use super::fault::Fault;
use super::schema::field;
use crate::api::{SaeAccount, SaeAppWatch, SaeAppWatchSet};

/// What a manifest declares.
#[derive(Debug)]
pub(super) enum Declared {
    Watch(Box<SaeAppWatch>),
    Account(Box<SaeAccount>),
    Set(Box<SaeAppWatchSet>),
}

/// The rules of each kind.
#[derive(Debug)]
pub(super) struct Kinds {
    watches: Validator,
    accounts: Validator,
    sets: Validator,
}

impl Kinds {
    pub(super) fn new() -> Self {
        Self { watches: Validator::watches(), accounts: Validator::accounts(), sets: Validator::sets() }
    }

    fn all(&self) -> [&Validator; 3] {
        [&self.watches, &self.accounts, &self.sets]
    }

    /// Whether this is an object of another API group. What calls itself by one of the kinds is taken for one, its group
    /// misspelt.
    pub(super) fn is_of_another_group(&self, object: &Value) -> bool {
        self.all().into_iter().all(|kind| kind.is_of_another_group(object))
    }

    /// Whether this is a list of one of the kinds, or a list of any kinds.
    pub(super) fn is_list(&self, object: &Value) -> bool {
        self.all().into_iter().any(|kind| kind.is_list(object))
    }

    /// What a manifest declares, or everything that is wrong with it. Its fields are named from this path on.
    pub(super) fn read(&self, manifest: Value, path: &str) -> Result<Declared, Vec<Fault>> {
        let kind = manifest.get("kind").filter(|kind| kind.is_string());
        if kind.is_some() && self.all().into_iter().all(|one| !one.is_named(&manifest)) {
            let [watches, accounts, sets] = self.all().map(Validator::kind);
            let problem = format!("must be {watches}, {accounts} or {sets}");
            return Err(vec![Fault::invalid(&field(path, "kind"), &manifest["kind"], &problem)]);
        }
        if self.sets.is_named(&manifest) {
            return self.sets.read(manifest, path).map(Declared::Set);
        }
        if self.accounts.is_named(&manifest) {
            return self.accounts.read(manifest, path).map(Declared::Account);
        }
        self.watches.read(manifest, path).map(Declared::Watch)
    }
}
