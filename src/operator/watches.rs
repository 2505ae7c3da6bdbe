//! What this process knows of each watch. All of it may be lost at any time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::ResourceExt;

use super::watched::{Watched, id_of};
use crate::api::{AccountName, Health};
use crate::domain::account::Usage;
use crate::domain::{Budgets, InstanceMemos, Memory, fingerprint};
use crate::poll::{Polls, WatchId};

/// A watch at the begin of a reconcile, which takes it, changes it and puts it back.
#[derive(Debug)]
pub(super) struct Current {
    /// The watch as it is stored: the newer of what the watch stream brought and what this process wrote.
    pub(super) watch: Arc<Watched>,
    /// What the decision remembers.
    pub(super) memory: Memory,
    /// How many events may still be emitted.
    pub(super) budgets: Budgets,
    /// Kubernetes failures in a row.
    pub(super) failures: u32,
}

/// What is known of one watch.
#[derive(Debug, Default)]
struct Known {
    /// Of which watch of this name, as a checksum of its uid.
    uid: u64,
    memory: Memory,
    budgets: Budgets,
    /// The last write of this process, while the store has not caught up with it.
    own_write: Option<Arc<Watched>>,
    /// Kubernetes failures in a row.
    failures: u32,
    stored: Stored,
    account: OfAccount,
}

/// What the account of a watch has to know of it.
#[derive(Debug, Default)]
struct OfAccount {
    /// The account that it names.
    name: Option<AccountName>,
    /// Who polls for it.
    polls: Option<Polls>,
    is_ready: bool,
    health: Option<Health>,
}

/// What the store has of a watch.
#[derive(Debug, Default)]
struct Stored {
    version: Option<u64>,
    facts: InstanceMemos,
    /// What its user requests, as a checksum.
    requested: Option<u64>,
    /// A reconcile waits for a newer version than this one, which is known to exist.
    awaits_newer_than: Option<u64>,
}

impl Known {
    /// Drops what the store holds too: a last write with which it has caught up, and facts that it has.
    fn drop_stored(&mut self) {
        self.own_write.take_if(|own| own.version() <= self.stored.version);
        if self.memory.instances.as_ref() == Some(&self.stored.facts) {
            self.memory.instances = Some(self.stored.facts.clone());
        }
    }
}

/// What is known of all watches. Boxed, since a table has room for twice as many as there are.
#[derive(Debug, Default)]
pub(super) struct Watches(Mutex<HashMap<WatchId, Box<Known>>>);

impl Watches {
    /// What is known of a watch now; of another one of the same name nothing is. With its id in the one text that
    /// everything that refers to it shares.
    pub(super) fn current(&self, id: WatchId, stored: Arc<Watched>, now: Timestamp) -> (WatchId, Current) {
        let uid = uid_of(&stored);
        let watches = self.lock();
        let id = watches.get_key_value(&id).map_or(id, |(shared, _)| shared.clone());
        let current = match watches.get(&id) {
            Some(known) if known.uid == uid => Current {
                watch: known.own_write.clone().filter(|own| own.is_newer_than(&stored)).unwrap_or(stored),
                memory: known.memory.clone(),
                budgets: known.budgets,
                failures: known.failures,
            },
            Some(_) | None => {
                Current { watch: stored, memory: Memory::default(), budgets: Budgets::full(now), failures: 0 }
            }
        };
        drop(watches);
        (id, current)
    }

    /// Keeps what a reconcile that succeeded has made of a watch.
    pub(super) fn keep(&self, id: &WatchId, current: Current) {
        let Current { watch, memory, budgets, failures: _ } = current;
        let mut watches = self.lock();
        let known = watches.entry(id.clone()).or_default();
        let (stored, account) = (std::mem::take(&mut known.stored), std::mem::take(&mut known.account));
        let own_write = Some(watch.clone());
        **known = Known { uid: uid_of(&watch), memory, budgets, own_write, failures: 0, stored, account };
        known.drop_stored();
    }

    /// Notes what the store has, which need not be kept twice. Often it has a write of ours before the response is here.
    /// Returns whether a reconcile is due: the user requests something else, or a reconcile waited for it. Our own
    /// writes make none due.
    pub(super) fn note_stored(&self, watch: &Watched) -> bool {
        // Of the annotations only the one that requests a poll is left; a deletion moves the generation.
        let requested = fingerprint(&(watch.uid(), watch.metadata.generation, watch.annotations()));
        let mut watches = self.lock();
        let known = watches.entry(id_of(watch)).or_default();
        let stored = &mut known.stored;
        stored.version = watch.version();
        stored.facts = watch.facts.clone();
        let is_another_request = stored.requested.replace(requested) != Some(requested);
        let was_awaited = stored.awaits_newer_than.take_if(|old| stored.version > Some(*old)).is_some();
        known.drop_stored();
        is_another_request || was_awaited
    }

    /// Notes that a newer version exists than the one that was decided on, and returns whether the store has it already.
    /// What is written there may be a write of ours that got no response.
    pub(super) fn note_conflict(&self, id: &WatchId, version: Option<u64>) -> bool {
        let mut watches = self.lock();
        let known = watches.entry(id.clone()).or_default();
        known.memory.written = None;
        let is_here = known.stored.version > version;
        known.stored.awaits_newer_than = version.filter(|_| !is_here);
        is_here
    }

    /// Counts one more failure and returns how many there were in a row. A write that failed may be stored all the
    /// same, so what stands there may be ours or another client's.
    pub(super) fn note_failure(&self, id: &WatchId) -> u32 {
        let mut watches = self.lock();
        let known = watches.entry(id.clone()).or_default();
        known.failures = known.failures.saturating_add(1);
        known.memory.written = None;
        known.failures
    }

    /// Notes which account a watch names and who polls for it from now on. Returns who did before, if that is another.
    pub(super) fn attach(
        &self,
        id: &WatchId,
        account: Option<&AccountName>,
        polls: Option<&Polls>,
    ) -> Option<Polls> {
        let mut watches = self.lock();
        let of = &mut watches.entry(id.clone()).or_default().account;
        if of.name.as_ref() != account {
            of.name = account.cloned();
        }
        let is_same = polls.zip(of.polls.as_ref()).is_some_and(|(new, old)| new.is_same(old));
        if is_same { None } else { std::mem::replace(&mut of.polls, polls.cloned()) }
    }

    /// Notes that nobody polls for a watch any more. Returns who did.
    pub(super) fn detach(&self, id: &WatchId) -> Option<Polls> {
        self.lock().get_mut(id)?.account.polls.take()
    }

    /// Whether these, or nobody, poll for a watch.
    pub(super) fn is_polled_by(&self, id: &WatchId, polls: Option<&Polls>) -> bool {
        let watches = self.lock();
        let known = watches.get(id).and_then(|known| known.account.polls.as_ref());
        match (known, polls) {
            (Some(known), Some(polls)) => known.is_same(polls),
            (known, polls) => known.is_none() && polls.is_none(),
        }
    }

    /// Notes what a watch shows.
    pub(super) fn note_shown(&self, id: &WatchId, is_ready: bool, health: Option<Health>) {
        if let Some(known) = self.lock().get_mut(id) {
            (known.account.is_ready, known.account.health) = (is_ready, health);
        }
    }

    /// The watches that name an account, or any account.
    pub(super) fn of_account(&self, name: Option<&AccountName>) -> Vec<WatchId> {
        let watches = self.lock();
        let names_it = |known: &Known| match name {
            Some(_) => known.account.name.as_ref() == name,
            None => known.account.name.is_some(),
        };
        watches.iter().filter(|(_, known)| names_it(known)).map(|(id, _)| id.clone()).collect()
    }

    /// What the watches make of an account that name it and may.
    pub(super) fn usage(&self, name: &AccountName, is_allowed: impl Fn(&str) -> bool) -> Usage {
        let mut usage = Usage::default();
        for (id, known) in self.lock().iter() {
            let OfAccount { name: named, is_ready, health, polls: _ } = &known.account;
            if named.as_ref() == Some(name) && is_allowed(&id.namespace) {
                usage.count(*is_ready, health.unwrap_or(Health::Unknown));
            }
        }
        usage
    }

    /// Forgets a watch. Returns who polled for it.
    pub(super) fn forget(&self, id: &WatchId) -> Option<Polls> {
        self.lock().remove(id)?.account.polls
    }

    /// The watches that are known.
    pub(super) fn ids(&self) -> Vec<WatchId> {
        self.lock().keys().cloned().collect()
    }

    /// A panic elsewhere leaves whole values behind, since every change is one insertion.
    fn lock(&self) -> MutexGuard<'_, HashMap<WatchId, Box<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uid_of(watch: &Watched) -> u64 {
    fingerprint(&watch.metadata.uid.as_deref().unwrap_or_default())
}
