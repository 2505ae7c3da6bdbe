//! Which events of a watch stream ask for a reconcile: those after which a user asks for something else, and those for
//! which a reconcile waits. Our own status writes do not; the store hears of them, and that is enough.
//!
//! kube's predicates could tell, but they keep name, namespace and uid of each watch once more for it.

use std::collections::HashSet;
use std::sync::Arc;

use kube::runtime::watcher::{self, Event};
use tokio::time::Instant;

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

    /// Takes an event in, and returns the watch that is to be reconciled now, if any. Those of a list are reconciled
    /// by alarm, a few at a time: ten thousand at once would need room in the controller's queue that is never given
    /// back.
    pub fn take(&mut self, event: watcher::Result<Event<Watched>>) -> Option<watcher::Result<Watched>> {
        match event {
            Ok(Event::Apply(watch)) => self.context.watches.note_stored(&watch).then_some(Ok(watch)),
            Ok(Event::Delete(watch)) => {
                self.context.forget(&id_of(&watch));
                None
            }
            Ok(Event::Init) => {
                self.listed.clear();
                self.asking.clear();
                None
            }
            Ok(Event::InitApply(watch)) => {
                let id = id_of(&watch);
                if self.context.watches.note_stored(&watch) {
                    self.asking.push(id.clone());
                }
                self.listed.insert(id);
                None
            }
            Ok(Event::InitDone) => {
                self.end_list();
                None
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Forgets what the list did not hold: a deletion may be missed while the stream is down.
    fn end_list(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        let is_mine = |id: &WatchId| self.namespace.as_ref().is_none_or(|ours| **ours == *id.namespace);
        for gone in self.context.watches.ids().into_iter().filter(|id| is_mine(id) && !listed.contains(id)) {
            self.context.forget(&gone);
        }
        for id in self.asking.drain(..) {
            self.context.set_alarm(&id, Some(Instant::now()));
        }
    }
}
