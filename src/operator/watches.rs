//! What this process remembers of each watch. All of it may be lost at any time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::events::Budgets;
use super::watched::Watched;
use crate::domain::Memory;
use crate::poll::WatchId;

/// The memory of one watch.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    uid: String,
    /// What the decision remembers.
    pub memory: Memory,
    /// The last write of this process, while the store has not caught up with it.
    pub own_write: Option<Arc<Watched>>,
    /// Kubernetes failures in a row.
    pub failures: u32,
    /// How many events may still be told.
    pub budgets: Budgets,
}

/// The memory of all watches.
#[derive(Debug, Default)]
pub struct Watches(Mutex<HashMap<WatchId, Remembered>>);

impl Watches {
    /// What is remembered of a watch; nothing if it is another one of the same name.
    pub fn recall(&self, id: &WatchId, uid: &str, now: Timestamp) -> Remembered {
        match self.lock().get(id) {
            Some(remembered) if remembered.uid == uid => remembered.clone(),
            Some(_) | None => {
                Remembered { uid: uid.to_owned(), budgets: Budgets::full(now), ..Remembered::default() }
            }
        }
    }

    /// Remembers a watch.
    pub fn remember(&self, id: &WatchId, remembered: Remembered) {
        self.lock().insert(id.clone(), remembered);
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

    /// Forgets a watch.
    pub fn forget(&self, id: &WatchId) {
        self.lock().remove(id);
    }

    /// The watches that are remembered.
    pub fn ids(&self) -> Vec<WatchId> {
        self.lock().keys().cloned().collect()
    }

    /// A panic elsewhere leaves whole values behind, since every change is one insertion.
    fn lock(&self) -> MutexGuard<'_, HashMap<WatchId, Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
