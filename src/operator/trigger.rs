//! Which events of a watch stream ask for a reconcile: those after which a user asks for something else, and those for
//! which a reconcile waits. Our own status writes do not; the store hears of them, and that is enough.
//!
//! kube's predicates could tell, but they keep name, namespace and uid of each watch once more for it.

use std::collections::HashSet;
use std::sync::Arc;

use kube::runtime::watcher::{self, Event};

use super::reconcile::Context;
use super::watched::{Watched, id_of};
use crate::poll::WatchId;

/// Follows the events of one watch stream, each when the store has it.
pub struct Trigger {
    context: Arc<Context>,
    namespace: Option<String>,
    /// The watches of the list that is just coming in.
    listed: HashSet<WatchId>,
    /// Those of them that ask for a reconcile.
    asking: Vec<WatchId>,
}

impl Trigger {
    /// Follows the stream of one namespace, or of all.
    pub fn new(context: Arc<Context>, namespace: Option<String>) -> Self {
        Self { context, namespace, listed: HashSet::new(), asking: Vec::new() }
    }

    /// Takes an event in, and returns the watches that are to be reconciled now. Those of a list wait for its end, when
    /// all of it is stored.
    pub fn take(&mut self, event: Result<Event<Watched>, watcher::Error>) -> Vec<WatchId> {
        match event {
            Ok(Event::Apply(watch)) => {
                if self.context.watches.note_stored(&watch) {
                    vec![id_of(&watch)]
                } else {
                    Vec::new()
                }
            }
            Ok(Event::Delete(watch)) => {
                self.context.forget(&id_of(&watch));
                Vec::new()
            }
            Ok(Event::Init) => {
                self.listed.clear();
                self.asking.clear();
                Vec::new()
            }
            Ok(Event::InitApply(watch)) => {
                let id = id_of(&watch);
                if self.context.watches.note_stored(&watch) {
                    self.asking.push(id.clone());
                }
                self.listed.insert(id);
                Vec::new()
            }
            Ok(Event::InitDone) => {
                self.forget_unlisted();
                std::mem::take(&mut self.asking)
            }
            // The outage of the stream reports it.
            Err(_) => Vec::new(),
        }
    }

    /// Forgets what the list did not hold: a deletion may be missed while the stream is down.
    fn forget_unlisted(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        let is_mine = |id: &WatchId| self.namespace.as_ref().is_none_or(|ours| **ours == *id.namespace);
        for gone in self.context.watches.ids().into_iter().filter(|id| is_mine(id) && !listed.contains(id)) {
            self.context.forget(&gone);
        }
    }
}
