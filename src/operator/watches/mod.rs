//! The store: each watch as the API server has it, and what this process knows of it beside. All of it may be lost at any
//! time.
//!
//! kube's `Store` would keep the names, the uid and the version of each watch twice more, and while a list comes in anew a
//! second copy of all watches.

mod members;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::ResourceExt;

use super::sets::Changes;
use super::watched::{Watched, id_of};
use crate::api::{AccountName, Health};
use crate::domain::account::Usage;
use crate::domain::diagnosis::Mark;
use crate::domain::{Budgets, Memory, fingerprint};
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
    /// The last diagnosis that the API server did not take.
    pub(super) refused_diagnosis: Option<Box<Mark>>,
}

impl Current {
    /// The newest diagnosis that needs no other try: the one that is stored, or the one that cannot be.
    pub(super) fn diagnosis(&self) -> Option<&Mark> {
        let stored = self.watch.diagnosis.as_deref();
        stored.into_iter().chain(self.refused_diagnosis.as_deref()).max_by_key(|mark| mark.since)
    }
}

/// What is known of one watch.
#[derive(Debug, Default)]
struct Known {
    /// Of which watch of this name, as a checksum of its uid.
    uid: u64,
    memory: Memory,
    budgets: Budgets,
    /// The last write of this process, while the watch stream has not caught up with it.
    own_write: Option<Arc<Watched>>,
    /// Kubernetes failures in a row.
    failures: u32,
    /// The last diagnosis that the API server did not take.
    refused_diagnosis: Option<Box<Mark>>,
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

/// What the watch stream has brought of a watch.
#[derive(Debug, Default)]
struct Stored {
    /// The watch; `None` if it is gone, or only a reconcile under way still knows of it.
    watch: Option<Arc<Watched>>,
    /// What its user requests, as a checksum.
    requested: Option<u64>,
    /// A reconcile waits for a newer version than this one, which is known to exist.
    awaits_newer_than: Option<u64>,
}

impl Stored {
    fn version(&self) -> Option<u64> {
        self.watch.as_ref()?.version()
    }
}

impl Known {
    /// The watch as it is stored: the newer of what the watch stream brought and what this process wrote.
    fn newest(&self) -> Option<&Arc<Watched>> {
        let stored = self.stored.watch.as_ref();
        let own = self.own_write.as_ref();
        own.filter(|own| stored.is_none_or(|stored| own.is_newer_than(stored))).or(stored)
    }

    /// Drops what is stored too: a last write with which the watch stream has caught up, and facts that it has.
    fn drop_stored(&mut self) {
        let stored = self.stored.version();
        self.own_write.take_if(|own| own.version() <= stored);
        let facts = self.stored.watch.as_ref().map(|watch| &watch.facts);
        if self.memory.instances.as_ref() == facts {
            self.memory.instances = facts.cloned();
        }
    }
}

/// What is known of all watches. Boxed, since a table has room for twice as many as there are.
#[derive(Debug, Default)]
pub(super) struct Watches {
    known: Mutex<HashMap<WatchId, Box<Known>>>,
    /// Where the changes are noted that concern sets; without it, nothing is kept for sets.
    sets: Option<Arc<Changes>>,
    /// The highest version of all watches that are gone.
    gone: AtomicU64,
}

impl Watches {
    /// A store that keeps for sets what they have to know, and notes the changes.
    pub(super) fn with_sets(sets: Arc<Changes>) -> Self {
        Self { sets: Some(sets), ..Self::default() }
    }

    /// The watch as the watch stream brought it last.
    pub(super) fn stored(&self, id: &WatchId) -> Option<Arc<Watched>> {
        self.lock().get(id)?.stored.watch.clone()
    }

    /// What is known of a watch now; of another one of the same name nothing is.
    pub(super) fn current(&self, id: &WatchId, stored: Arc<Watched>, now: Timestamp) -> Current {
        let uid = uid_of(&stored);
        match self.lock().get(id) {
            Some(known) if known.uid == uid => Current {
                watch: known.own_write.clone().filter(|own| own.supersedes(&stored)).unwrap_or(stored),
                memory: known.memory.clone(),
                budgets: known.budgets,
                failures: known.failures,
                refused_diagnosis: known.refused_diagnosis.clone(),
            },
            Some(_) | None => Current {
                watch: stored,
                memory: Memory::default(),
                budgets: Budgets::full(now),
                failures: 0,
                refused_diagnosis: None,
            },
        }
    }

    /// Keeps what a reconcile that succeeded has made of a watch.
    pub(super) fn keep(&self, id: &WatchId, current: Current) {
        let Current { watch, memory, budgets, failures, refused_diagnosis } = current;
        let mut watches = self.lock();
        let known = watches.entry(id.clone()).or_default();
        let (stored, account) = (std::mem::take(&mut known.stored), std::mem::take(&mut known.account));
        // A set may have applied it meanwhile.
        let own_write = known.own_write.take().filter(|own| own.is_newer_than(&watch));
        let (uid, own_write) = (uid_of(&watch), own_write.or(Some(watch)));
        **known = Known { uid, memory, budgets, own_write, failures, refused_diagnosis, stored, account };
        known.drop_stored();
    }

    /// Stores what the watch stream brings. Often that is a write of ours before the response is here.
    ///
    /// Returns its id, in the one text that everything that refers to it shares, and whether a reconcile is due: the user
    /// requests something else, or a reconcile waited for it. Our own writes make none due.
    pub(super) fn store(&self, mut watch: Watched) -> (WatchId, bool) {
        if self.sets.is_none() {
            watch.membership = None;
        }
        // Of the annotations only the one that requests a poll is left; a deletion moves the generation.
        let requested = fingerprint(&(watch.uid(), watch.metadata.generation, watch.annotations()));
        let version = watch.version();
        let mut watches = self.lock();
        let entry = watches.entry(id_of(&watch));
        let id = entry.key().clone();
        let known = entry.or_default();
        let before = known.newest().cloned();
        let stored = &mut known.stored;
        stored.watch = Some(Arc::new(watch));
        let is_another_request = stored.requested.replace(requested) != Some(requested);
        let was_awaited = stored.awaits_newer_than.take_if(|old| version > Some(*old)).is_some();
        known.drop_stored();
        self.note_change(&id, before.as_deref(), known.newest().map(Arc::as_ref));
        (id, is_another_request || was_awaited)
    }

    /// Notes that a newer version exists than the one that was decided on, and returns whether it is stored already.
    /// What is written there may be a write of ours that got no response.
    pub(super) fn note_conflict(&self, id: &WatchId, version: Option<u64>) -> bool {
        self.lock().entry(id.clone()).or_default().memory.written = None;
        self.await_newer(id, version)
    }

    /// Makes a reconcile due once a newer version than this one is stored, which is known to exist. Returns whether it is
    /// already.
    pub(super) fn await_newer(&self, id: &WatchId, version: Option<u64>) -> bool {
        let mut watches = self.lock();
        let known = watches.entry(id.clone()).or_default();
        let is_here = known.stored.version() > version;
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
        if of.polls.as_ref() == polls { None } else { std::mem::replace(&mut of.polls, polls.cloned()) }
    }

    /// Notes that no scheduler polls for a watch any more. Returns the one that did.
    pub(super) fn detach(&self, id: &WatchId) -> Option<Polls> {
        self.lock().get_mut(id)?.account.polls.take()
    }

    /// Whether this scheduler, or none, polls for a watch.
    pub(super) fn is_polled_by(&self, id: &WatchId, polls: Option<&Polls>) -> bool {
        self.lock().get(id).and_then(|known| known.account.polls.as_ref()) == polls
    }

    /// Notes what a watch shows.
    pub(super) fn note_shown(&self, id: &WatchId, is_ready: bool, health: Option<Health>) {
        let mut watches = self.lock();
        let Some(known) = watches.get_mut(id) else { return };
        let is_another_health = known.account.health != health;
        (known.account.is_ready, known.account.health) = (is_ready, health);
        let membership = known.newest().and_then(|watch| watch.membership.as_ref());
        if let (true, Some(sets), Some(membership)) = (is_another_health, &self.sets, membership) {
            sets.note_watch(&id.namespace, &membership.set);
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

    /// Forgets a watch.
    pub(super) fn forget(&self, id: &WatchId) {
        let Some(known) = self.lock().remove(id) else { return };
        let version = known.newest().and_then(|watch| watch.version());
        self.gone.fetch_max(version.unwrap_or_default(), Ordering::Relaxed);
        self.note_change(id, known.newest().map(Arc::as_ref), None);
    }

    /// The watches that are known.
    pub(super) fn ids(&self) -> Vec<WatchId> {
        self.lock().keys().cloned().collect()
    }

    /// A panic elsewhere leaves whole values behind, since every change is one insertion.
    fn lock(&self) -> MutexGuard<'_, HashMap<WatchId, Box<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uid_of(watch: &Watched) -> u64 {
    fingerprint(&watch.metadata.uid.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn watched(version: &str) -> Watched {
        let metadata = json!({"name": "shop", "namespace": "team-a", "resourceVersion": version});
        serde_json::from_value(json!({"metadata": metadata, "spec": {"appId": "app-1"}})).unwrap()
    }

    #[test]
    fn a_watch_is_kept_once_and_its_id_in_one_text() {
        let watches = Watches::default();
        let (id, _) = watches.store(watched("1"));
        let (again, _) = watches.store(watched("2"));
        assert!(Arc::ptr_eq(&id.name, &again.name) && Arc::ptr_eq(&id.namespace, &again.namespace));
        let stored = watches.stored(&id).unwrap();
        assert_eq!(stored.version(), Some(2));
        watches.keep(&id, watches.current(&id, stored.clone(), Timestamp::UNIX_EPOCH));
        assert_eq!(Arc::strong_count(&stored), 2, "one here, one in the store");
    }

    #[test]
    fn a_watch_that_is_gone_is_not_stored_though_a_reconcile_under_way_keeps_what_it_knows() {
        let watches = Watches::default();
        let (id, _) = watches.store(watched("1"));
        let current = watches.current(&id, watches.stored(&id).unwrap(), Timestamp::UNIX_EPOCH);
        watches.forget(&id);
        watches.keep(&id, current);
        assert!(watches.stored(&id).is_none());
    }
}
