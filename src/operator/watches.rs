//! What this process remembers of each watch. All of it may be lost at any time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use super::events::Budgets;
use super::watched::{Watched, id_of};
use crate::domain::{InstanceMemos, Memory, fingerprint};
use crate::poll::WatchId;

/// The memory of one watch.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// Of which watch of this name, as a checksum of its uid.
    uid: u64,
    /// What the decision remembers.
    pub memory: Memory,
    /// The last write of this process, while the store has not caught up with it.
    pub own_write: Option<Arc<Watched>>,
    /// Kubernetes failures in a row.
    pub failures: u32,
    /// How many events may still be told.
    pub budgets: Budgets,
    /// For when its alarm is set.
    pub alarm: Option<Instant>,
    /// The newest version that the store has had, and the facts of it.
    stored: Option<u64>,
    stored_facts: InstanceMemos,
}

impl Remembered {
    /// Lets go of what the store holds too: a last write with which it has caught up, and facts that it knows.
    fn drop_stored(&mut self) {
        self.own_write.take_if(|own| own.version() <= self.stored);
        if self.memory.instances.as_ref() == Some(&self.stored_facts) {
            self.memory.instances = Some(self.stored_facts.clone());
        }
    }
}

/// The memory of all watches. Boxed, since a table has room for twice as many as there are.
#[derive(Debug, Default)]
pub struct Watches(Mutex<HashMap<WatchId, Box<Remembered>>>);

impl Watches {
    /// The name of a watch, in the one text that everybody who keeps books on it shares.
    pub fn shared(&self, id: WatchId) -> WatchId {
        self.lock().get_key_value(&id).map_or(id, |(shared, _)| shared.clone())
    }

    /// What is remembered of a watch; nothing if it is another one of the same name.
    pub fn recall(&self, id: &WatchId, uid: &str, now: Timestamp) -> Remembered {
        let uid = fingerprint(&uid);
        match self.lock().get(id) {
            Some(remembered) if remembered.uid == uid => Remembered::clone(remembered),
            Some(_) | None => Remembered { uid, budgets: Budgets::full(now), ..Remembered::default() },
        }
    }

    /// Remembers a watch.
    pub fn remember(&self, id: &WatchId, mut remembered: Remembered) {
        let mut watches = self.lock();
        if let Some(before) = watches.get(id) {
            remembered.stored = before.stored;
            remembered.stored_facts = before.stored_facts.clone();
        }
        remembered.drop_stored();
        watches.insert(id.clone(), Box::new(remembered));
    }

    /// Notes what the store has, which need not be kept twice. Often it has a write of ours before its answer is here.
    pub fn note_stored(&self, stored: &Watched) {
        if let Some(remembered) = self.lock().get_mut(&id_of(stored)) {
            remembered.stored = stored.version();
            remembered.stored_facts = stored.facts.clone();
            remembered.drop_stored();
        }
    }

    /// Counts one more failure and says how many there were in a row. A write that failed may be stored all the
    /// same, so what stands there can no longer be told from what somebody else wrote.
    pub fn note_failure(&self, id: &WatchId) -> u32 {
        let mut watches = self.lock();
        let remembered = watches.entry(id.clone()).or_default();
        remembered.failures = remembered.failures.saturating_add(1);
        remembered.memory.written = None;
        remembered.failures
    }

    /// Forgets a watch, and says for when its alarm was set.
    pub fn forget(&self, id: &WatchId) -> Option<Instant> {
        self.lock().remove(id)?.alarm
    }

    /// The watches that are remembered.
    pub fn ids(&self) -> Vec<WatchId> {
        self.lock().keys().cloned().collect()
    }

    /// A panic elsewhere leaves whole values behind, since every change is one insertion.
    fn lock(&self) -> MutexGuard<'_, HashMap<WatchId, Box<Remembered>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
