//! After which events of a watch stream a reconcile is due: after those by which a user requests something else, and after
//! those for which a reconcile waits. Our own status writes only go into the store.
//!
//! kube's predicates find such events too, but they keep name, namespace and uid of each watch once more for it.

use std::collections::HashSet;
use std::sync::Arc;

use kube::runtime::watcher::{self, Event};

use super::context::Context;
use super::streamed::Streamed;
use super::targets::ForTargets;
use super::watched::id_of;
use crate::poll::WatchId;

/// Stores the events of one watch stream.
pub(super) struct Trigger {
    context: Arc<Context>,
    namespace: Option<String>,
    /// The watches of the list that is just coming in.
    listed: HashSet<WatchId>,
    /// The watches for which a reconcile is due once a list is complete.
    due: Vec<WatchId>,
}

impl Trigger {
    /// Follows the stream of one namespace, or of all.
    pub(super) fn new(context: Arc<Context>, namespace: Option<String>) -> Self {
        Self { context, namespace, listed: HashSet::new(), due: Vec::new() }
    }

    /// Stores an event, and returns the watches that are to be reconciled now. Those of a list wait for its end, when
    /// all of it is stored.
    pub(super) fn take<T: ForTargets>(
        &mut self,
        event: Result<Event<Streamed<T>>, watcher::Error>,
    ) -> Vec<WatchId> {
        match event {
            Ok(Event::Apply(watch)) => {
                let (id, is_due) = self.context.store(watch);
                if is_due { vec![id] } else { Vec::new() }
            }
            Ok(Event::Delete(watch)) => {
                let id = id_of(&watch);
                self.context.forget(&id);
                // A reconcile that is under way may keep what it knows of it; the next one finds it gone.
                vec![id]
            }
            Ok(Event::Init) => {
                // What a list that broke off has made due stays due: it is stored, and the store says so once.
                self.listed.clear();
                Vec::new()
            }
            Ok(Event::InitApply(watch)) => {
                let (id, is_due) = self.context.store(watch);
                if is_due {
                    self.due.push(id.clone());
                }
                self.listed.insert(id);
                Vec::new()
            }
            Ok(Event::InitDone) => {
                let mut due = std::mem::take(&mut self.due);
                due.extend(self.forget_unlisted());
                if let Some(sets) = &self.context.sets {
                    sets.note_list(self.namespace.as_deref());
                }
                due
            }
            // The outage of the stream reports it.
            Err(_) => Vec::new(),
        }
    }

    /// Forgets what the list did not hold, and returns it: a deletion may be missed while the stream is down.
    fn forget_unlisted(&mut self) -> Vec<WatchId> {
        let listed = std::mem::take(&mut self.listed);
        let is_mine = |id: &WatchId| self.namespace.as_ref().is_none_or(|ours| **ours == *id.namespace);
        let mut gone = self.context.watches.ids();
        gone.retain(|id| is_mine(id) && !listed.contains(id));
        for id in &gone {
            self.context.forget(id);
        }
        gone
    }
}
