//! What this process remembers of each watch. All of it may be lost at any time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kube::ResourceExt;
use tokio::time::Instant;

use super::watched::{Watched, id_of};
use crate::domain::{Budgets, InstanceMemos, Memory, fingerprint};
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
    alarm: Option<Instant>,
    /// What the store has.
    stored: Stored,
}

/// What the store has of a watch.
#[derive(Debug, Clone, Default)]
struct Stored {
    version: Option<u64>,
    facts: InstanceMemos,
    /// What its user asks for, as a checksum.
    asked: Option<u64>,
    /// A reconcile waits for a newer version than this one, which is known to exist.
    awaits_newer_than: Option<u64>,
}

impl Remembered {
    /// Lets go of what the store holds too: a last write with which it has caught up, and facts that it knows.
    fn drop_stored(&mut self) {
        self.own_write.take_if(|own| own.version() <= self.stored.version);
        if self.memory.instances.as_ref() == Some(&self.stored.facts) {
            self.memory.instances = Some(self.stored.facts.clone());
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
            remembered.stored = before.stored.clone();
            remembered.alarm = before.alarm;
        }
        remembered.drop_stored();
        watches.insert(id.clone(), Box::new(remembered));
    }

    /// Notes what the store has, which need not be kept twice. Often it has a write of ours before its answer is here.
    /// Says whether that asks for a reconcile: the user asks for something else, or a reconcile waited for it. Our own
    /// writes do not.
    pub fn note_stored(&self, watch: &Watched) -> bool {
        // Of the annotations only the one that asks for a poll is left; being deleted moves the generation.
        let asked = fingerprint(&(watch.uid(), watch.metadata.generation, watch.annotations()));
        let mut watches = self.lock();
        let remembered = watches.entry(id_of(watch)).or_default();
        let stored = &mut remembered.stored;
        stored.version = watch.version();
        stored.facts = watch.facts.clone();
        let asks_for_another = stored.asked.replace(asked) != Some(asked);
        let was_awaited = stored.awaits_newer_than.take_if(|old| stored.version > Some(*old)).is_some();
        remembered.drop_stored();
        asks_for_another || was_awaited
    }

    /// Notes that a newer version exists than the one that was decided on, and says whether the store has it already.
    /// What is written there may be a write of ours that was not answered.
    pub fn note_conflict(&self, id: &WatchId, version: Option<u64>) -> bool {
        let mut watches = self.lock();
        let remembered = watches.entry(id.clone()).or_default();
        remembered.memory.written = None;
        let is_here = remembered.stored.version > version;
        remembered.stored.awaits_newer_than = version.filter(|_| !is_here);
        is_here
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

    /// Sets for when the alarm of a watch is set, and says for when it was.
    pub fn move_alarm(&self, id: &WatchId, alarm: Option<Instant>) -> Option<Instant> {
        std::mem::replace(&mut self.lock().entry(id.clone()).or_default().alarm, alarm)
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
