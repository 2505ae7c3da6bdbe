//! Noticing watches that are gone, so that their polls stop at once and their memory goes too.

use std::collections::HashSet;
use std::sync::Arc;

use kube::runtime::watcher::Event;

use super::reconcile::Context;
use super::watched::{Watched, id_of};
use crate::poll::WatchId;

/// Follows the events of one watch stream.
pub struct Departures {
    context: Arc<Context>,
    namespace: Option<String>,
    /// The watches of the list that is just coming in.
    listed: HashSet<WatchId>,
}

impl Departures {
    /// Follows the stream of one namespace, or of all.
    pub fn new(context: Arc<Context>, namespace: Option<String>) -> Self {
        Self { context, namespace, listed: HashSet::new() }
    }

    /// Forgets what an event says is gone. A deletion may be missed while the stream is down; then the next list
    /// does not hold the watch.
    pub fn notice(&mut self, event: &Event<Watched>) {
        match event {
            Event::Delete(watch) => self.context.forget(&id_of(watch)),
            Event::Init => self.listed.clear(),
            Event::InitApply(watch) => {
                self.listed.insert(id_of(watch));
            }
            Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let is_mine =
                    |id: &WatchId| self.namespace.as_ref().is_none_or(|ours| **ours == *id.namespace);
                for gone in self.context.ids().into_iter().filter(|id| is_mine(id) && !listed.contains(id)) {
                    self.context.forget(&gone);
                }
            }
            Event::Apply(_) => {}
        }
    }
}
