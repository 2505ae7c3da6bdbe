//! What this process knows of one account.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::object::AccountObject;
use super::serving::Serving;
use super::verifier::{Answer, Verifier};
use crate::api::{AccountId, AccountName, SaeAccountSpec, SaeAccountStatus};
use crate::domain::account::{AccountState, Verification};
use crate::domain::{ConditionType, Truth};
use crate::operator::storing::Storing;
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
    /// Whether the keys that its spec names are still to be verified, while those verified before serve.
    pub(super) awaits_sts: bool,
    /// How it stands.
    pub(super) state: AccountState,
    /// The generation of the spec that its state answers.
    pub(super) generation: i64,
    /// Whether its Ready was False when it was last True or False, as far as this process knows.
    pub(super) was_false: bool,
    /// How its calls are made; `None` before it was verified once.
    pub(super) serving: Option<Serving>,
    /// Since when this process knows it.
    pub(super) known_since: Timestamp,
    /// Since when it has been `Pending`, if it is.
    pub(super) pending_since: Timestamp,
    /// How its status is stored.
    pub(super) storing: Storing<SaeAccountStatus>,
}

impl Managed {
    pub(super) fn new(object: AccountObject, now: Timestamp) -> Self {
        Self {
            spec: object.spec(),
            object: Arc::new(object),
            verification: Verification::Pending,
            client: None,
            verifier: None,
            awaits_sts: false,
            state: AccountState::Pending,
            generation: 0,
            was_false: false,
            serving: None,
            known_since: now,
            pending_since: now,
            storing: Storing::new(),
        }
    }

    /// Takes in what the watch stream brought, or what a write gave. An older version than the known one says nothing.
    pub(super) fn update(&mut self, object: Arc<AccountObject>) {
        if self.object.uid() != object.uid() || self.object.is_newer_than(&object) {
            return;
        }
        self.spec = object.spec();
        self.object = object;
        self.storing.due = Instant::now();
    }

    /// Takes in what STS said. Returns whether anything follows from that.
    pub(super) fn note_answer(&mut self, answer: Answer) -> bool {
        let Answer { whose: _, number, newest, are_keys_new } = answer;
        if self.verifier.as_ref().is_none_or(|(_, one)| one.number != number) {
            return false;
        }
        if are_keys_new && let Some(Serving::Scheduler { polls, .. }) = &self.serving {
            polls.credentials_changed();
        }
        let known = self.verification.then(newest);
        // A definite answer is about the newest keys.
        let was_awaited = are_keys_new && std::mem::take(&mut self.awaits_sts);
        std::mem::replace(&mut self.verification, known.clone()) != known || was_awaited
    }

    /// Puts it into a state, on which its status is decided at once if that says anything new.
    pub(super) fn enter(&mut self, state: AccountState, now: Timestamp) {
        let newest = self.object.metadata.generation.unwrap_or(0);
        let is_answered = !(self.awaits_sts && state.is_verified());
        let generation = if is_answered { newest } else { self.generation };
        if self.state == state && self.generation == generation {
            return;
        }
        if state == AccountState::Pending {
            self.pending_since = now;
        }
        (self.state, self.generation) = (state, generation);
        self.storing.due = Instant::now();
    }

    /// Notes what Ready says in the stored status.
    pub(super) fn note_ready(&mut self, status: &SaeAccountStatus) {
        match Truth::of(&status.conditions, ConditionType::Ready) {
            Some(Truth::True) => self.was_false = false,
            Some(Truth::False) => self.was_false = true,
            Some(Truth::Unknown) | None => {}
        }
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
