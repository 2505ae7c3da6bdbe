//! The watches that wait for their reconcile: each once, however often it is asked for, and none while it is under way.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::poll::WatchId;

/// Room for watches that wait, which is kept.
const USUAL: usize = 64;
/// After how many urgent reconciles one goes to a watch that waits behind them: a quarter, as among polls.
const PASSES: u32 = 3;

/// Why a watch is to be reconciled, the more urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A user changed it, or its polls have news. An answer is kept in memory until the status holds it: behind
    /// thousands of new watches that only show that they wait for theirs, all answers would be.
    News,
    /// Time has passed.
    Wakeup,
}

/// Watches that wait, and those under way. The more urgent go first; of those alike, the first come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: BTreeMap<Place, WatchId>,
    waiting: HashMap<WatchId, Place>,
    started: HashSet<WatchId>,
    /// The number of the last place given.
    number: u64,
    /// Urgent reconciles since the last other one.
    passed: u32,
}

/// The place of a watch in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    cause: Cause,
    number: u64,
}

impl Queue {
    /// Asks for a reconcile. While one is under way, another one follows it: it may have read what is old by now.
    pub(super) fn push(&mut self, id: WatchId, cause: Cause) {
        match self.waiting.get(&id) {
            Some(place) if place.cause <= cause => return,
            Some(place) => self.line.remove(place),
            None => None,
        };
        self.number += 1;
        let place = Place { cause, number: self.number };
        self.line.insert(place, id.clone());
        self.waiting.insert(id, place);
    }

    /// Starts the reconcile whose turn it is.
    pub(super) fn start(&mut self) -> Option<WatchId> {
        let first = self.first_from(Cause::News)?;
        let behind = self.first_from(Cause::Wakeup).filter(|_| self.passed >= PASSES);
        let place = behind.unwrap_or(first);
        let id = self.line.remove(&place)?;
        self.waiting.remove(&id);
        self.started.insert(id.clone());
        self.passed = match place.cause {
            Cause::News => self.passed.saturating_add(1),
            Cause::Wakeup => 0,
        };
        if self.waiting.is_empty() {
            // The first list may have been long, and nothing as long comes again.
            self.waiting.shrink_to(USUAL);
        }
        Some(id)
    }

    /// A reconcile has ended.
    pub(super) fn end(&mut self, id: &WatchId) {
        self.started.remove(id);
    }

    /// The first place, of this cause or a less urgent one, of a watch that is not under way.
    fn first_from(&self, cause: Cause) -> Option<Place> {
        let mut line = self.line.range(Place { cause, number: 0 }..);
        line.find(|(_, id)| !self.started.contains(*id)).map(|(place, _)| *place)
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
        push_all(&mut queue, names, Cause::News);
        queue
    }

    fn push_all(queue: &mut Queue, names: &[&str], cause: Cause) {
        for name in names {
            queue.push(watch(name), cause);
        }
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
        push_all(&mut queue, &["a", "b", "a"], Cause::News);
        assert_eq!(start_all(&mut queue), ["b"]);
        queue.end(&watch("a"));
        assert_eq!(start_all(&mut queue), ["a"]);
        queue.end(&watch("a"));
        assert_eq!(start_all(&mut queue), Vec::<String>::new());
    }

    #[test]
    fn news_go_first_and_every_fourth_reconcile_is_of_a_watch_behind_them() {
        let mut queue = Queue::default();
        push_all(&mut queue, &["v", "w", "x"], Cause::Wakeup);
        push_all(&mut queue, &["a", "b", "c", "d", "e"], Cause::News);
        assert_eq!(start_all(&mut queue), ["a", "b", "c", "v", "d", "e", "w", "x"]);
    }

    #[test]
    fn a_watch_with_news_leaves_its_place_among_those_whose_wakeup_is_due() {
        let mut queue = Queue::default();
        push_all(&mut queue, &["v", "w"], Cause::Wakeup);
        push_all(&mut queue, &["w", "w"], Cause::News);
        push_all(&mut queue, &["w"], Cause::Wakeup);
        assert_eq!(start_all(&mut queue), ["w", "v"]);
        assert!(queue.waiting.is_empty() && queue.line.is_empty());
    }
}
