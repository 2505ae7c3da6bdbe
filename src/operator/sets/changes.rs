//! What has changed for sets, from those who see it to the controller of sets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::poll::SetId;

/// Changes that the controller of sets has not taken in yet. Each is kept once, however often it is noted.
#[derive(Debug, Default)]
pub(in crate::operator) struct Changes {
    state: Mutex<State>,
    notify: Notify,
}

#[derive(Debug, Default)]
struct State {
    changed: Changed,
    listed: Listed,
}

/// The sets for which something has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::operator) struct Changed {
    is_all: bool,
    namespaces: BTreeSet<Arc<str>>,
    sets: BTreeSet<SetId>,
}

/// Of which namespaces all watches are known.
#[derive(Debug, Default)]
struct Listed {
    is_all: bool,
    namespaces: BTreeSet<String>,
}

impl Changed {
    /// Whether anything has changed for this set.
    pub(in crate::operator) fn concerns(&self, id: &SetId) -> bool {
        self.is_all || self.namespaces.contains(&id.namespace) || self.sets.contains(id)
    }
}

impl Changes {
    /// Notes that a watch with the label of this set has changed.
    pub(in crate::operator) fn note_watch(&self, namespace: &Arc<str>, set: &str) {
        let id = SetId { namespace: namespace.clone(), name: set.into() };
        self.note(|state| state.changed.sets.insert(id));
    }

    /// Notes that a watch without the label of a set came to this namespace, or is gone: a name is taken, or free.
    pub(in crate::operator) fn note_name(&self, namespace: &Arc<str>) {
        self.note(|state| state.changed.namespaces.insert(namespace.clone()));
    }

    /// Notes that accounts have changed.
    pub(in crate::operator) fn note_accounts(&self) {
        self.note(|state| !std::mem::replace(&mut state.changed.is_all, true));
    }

    /// Notes that all watches of a namespace, or of all, are known.
    pub(in crate::operator) fn note_list(&self, namespace: Option<&str>) {
        self.note(|state| {
            if let Some(namespace) = namespace {
                state.listed.namespaces.insert(namespace.to_owned());
                state.changed.namespaces.insert(namespace.into());
            } else {
                (state.listed.is_all, state.changed.is_all) = (true, true);
            }
            true
        });
    }

    /// Whether all watches of a namespace are known.
    pub(super) fn is_listed(&self, namespace: &str) -> bool {
        let listed = &self.state().listed;
        listed.is_all || listed.namespaces.contains(namespace)
    }

    /// Waits for changes, and takes them. What is noted in between is not lost.
    pub(in crate::operator) async fn next(&self) -> Changed {
        loop {
            let changed = std::mem::take(&mut self.state().changed);
            if changed != Changed::default() {
                return changed;
            }
            self.notify.notified().await;
        }
    }

    /// Makes a change, which says whether it is new.
    fn note(&self, change: impl FnOnce(&mut State) -> bool) {
        if change(&mut self.state()) {
            self.notify.notify_one();
        }
    }

    /// Every change is one insertion, so a panic elsewhere leaves whole values behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn set(namespace: &str, name: &str) -> SetId {
        SetId { namespace: namespace.into(), name: name.into() }
    }

    #[test]
    fn a_change_is_taken_once_however_often_it_was_noted() {
        let changes = Changes::default();
        assert!(changes.next().now_or_never().is_none());
        (0..3).for_each(|_| changes.note_watch(&"team-a".into(), "all"));
        changes.note_name(&"team-b".into());
        let changed = changes.next().now_or_never().unwrap();
        assert!(changed.concerns(&set("team-a", "all")) && changed.concerns(&set("team-b", "any")));
        assert!(!changed.concerns(&set("team-a", "other")));
        assert!(changes.next().now_or_never().is_none());
        changes.note_accounts();
        assert!(changes.next().now_or_never().unwrap().concerns(&set("team-a", "other")));
    }

    #[tokio::test]
    async fn what_is_noted_later_wakes_who_waits() {
        let changes = Arc::new(Changes::default());
        let waiting = tokio::spawn({
            let changes = changes.clone();
            async move { changes.next().await }
        });
        tokio::task::yield_now().await;
        changes.note_watch(&"team-a".into(), "all");
        assert!(waiting.await.unwrap().concerns(&set("team-a", "all")));
    }

    #[test]
    fn a_namespace_is_known_once_its_list_or_that_of_all_is_in() {
        let changes = Changes::default();
        changes.note_list(Some("team-a"));
        assert!(changes.is_listed("team-a") && !changes.is_listed("team-b"));
        assert!(changes.next().now_or_never().unwrap().concerns(&set("team-a", "all")));
        changes.note_list(None);
        assert!(changes.is_listed("team-b"));
    }
}
