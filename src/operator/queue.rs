//! The watches that wait for their reconcile: each once, however often it is asked for, and none while it is under way.

use std::collections::{HashSet, VecDeque};

use crate::poll::WatchId;

/// Room for watches that wait, which is kept.
const USUAL: usize = 64;

/// Watches that wait, first come first served, and those under way.
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: VecDeque<WatchId>,
    waiting: HashSet<WatchId>,
    started: HashSet<WatchId>,
}

impl Queue {
    /// Asks for a reconcile. While one is under way, another one follows it: it may have read what is old by now.
    pub(super) fn push(&mut self, id: WatchId) {
        if self.waiting.insert(id.clone()) {
            self.line.push_back(id);
        }
    }

    /// Starts the reconcile whose turn it is.
    pub(super) fn start(&mut self) -> Option<WatchId> {
        let next = self.line.iter().position(|id| !self.started.contains(id))?;
        let id = self.line.remove(next)?;
        self.waiting.remove(&id);
        self.started.insert(id.clone());
        if self.line.is_empty() {
            // The first list may have been long, and nothing as long comes again.
            self.line.shrink_to(USUAL);
            self.waiting.shrink_to(USUAL);
        }
        Some(id)
    }

    /// A reconcile has ended.
    pub(super) fn end(&mut self, id: &WatchId) {
        self.started.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(name: &str) -> WatchId {
        WatchId { namespace: "team-a".into(), name: name.into() }
    }

    fn queue(names: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for name in names {
            queue.push(watch(name));
        }
        queue
    }

    fn start_all(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.start()).map(|id| id.name.to_string()).collect()
    }

    #[test]
    fn each_watch_goes_once_in_the_order_of_asking() {
        assert_eq!(start_all(&mut queue(&["b", "a", "b", "c", "a"])), ["b", "a", "c"]);
    }

    #[test]
    fn a_watch_under_way_goes_again_after_its_end_and_holds_up_nobody() {
        let mut queue = queue(&["a"]);
        assert_eq!(start_all(&mut queue), ["a"]);
        queue.push(watch("a"));
        queue.push(watch("b"));
        queue.push(watch("a"));
        assert_eq!(start_all(&mut queue), ["b"]);
        queue.end(&watch("a"));
        assert_eq!(start_all(&mut queue), ["a"]);
        queue.end(&watch("a"));
        assert_eq!(start_all(&mut queue), Vec::<String>::new());
    }
}
