//! What this process knows of one account.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::object::AccountObject;
use super::serving::Serving;
use super::verifier::Verifier;
use crate::api::{AccountId, AccountName, SaeAccountSpec};
use crate::domain::account::{AccountState, Verification};
use crate::sae::{Client, KeySource};

/// One account.
#[derive(Debug)]
pub(super) struct Managed {
    /// As it is stored: the newer of what the watch stream brought and what this process wrote.
    pub(super) object: Arc<AccountObject>,
    /// What the admin declares; or what of it cannot be read.
    pub(super) spec: Result<SaeAccountSpec, String>,
    /// What STS has said of its keys.
    pub(super) verification: Verification,
    /// Asks with its keys; `None` where those are the operator's own that serve watches without an account too.
    pub(super) client: Option<Arc<Client>>,
    /// Who asks STS, and about which keys.
    pub(super) verifier: Option<(KeySource, Verifier)>,
    /// How it stands.
    pub(super) state: AccountState,
    /// How its calls are made; `None` before it was verified once.
    pub(super) serving: Option<Serving>,
    /// Since when this process knows it.
    pub(super) known_since: Timestamp,
    /// When its usage was written last.
    pub(super) usage_written: Option<Timestamp>,
    /// When its status is decided on next.
    pub(super) due: Instant,
    /// Whether a write of its status is under way.
    pub(super) is_writing: bool,
    /// Failed writes in a row.
    pub(super) failures: u32,
}

impl Managed {
    pub(super) fn new(object: AccountObject, now: Timestamp) -> Self {
        Self {
            spec: object.spec(),
            object: Arc::new(object),
            verification: Verification::Pending,
            client: None,
            verifier: None,
            state: AccountState::Pending,
            serving: None,
            known_since: now,
            usage_written: None,
            due: Instant::now(),
            is_writing: false,
            failures: 0,
        }
    }

    /// Takes in what the watch stream brought, or what a write gave. An older version than the known one says nothing.
    pub(super) fn update(&mut self, object: Arc<AccountObject>) {
        if self.object.uid() != object.uid() || self.object.is_newer_than(&object) {
            return;
        }
        self.spec = object.spec();
        self.object = object;
        self.due = Instant::now();
    }

    /// Its number, if its spec can be read.
    pub(super) fn id(&self) -> Option<&AccountId> {
        self.spec.as_ref().ok().map(|spec| &spec.account_id)
    }

    /// Where it stands among those with the same number: the oldest counts, then the first by name.
    pub(super) fn seniority<'a>(&self, name: &'a AccountName) -> (Option<Timestamp>, &'a AccountName) {
        (self.object.metadata.creation_timestamp.as_ref().map(|time| time.0), name)
    }
}
