//! The watches on one target. Nearly always it is one, so they lie in a list without spare room: a node of a tree has
//! room for eleven, which was half of all memory with ten thousand watches.

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::subscription::{Subscription, WatchId};

/// The watches on one target, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Vec<(WatchId, Watcher)>);

/// One watch on the target.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) subscription: Subscription,
    pub(crate) joined: Timestamp,
    /// Since when its spec is one that no attempt was made for.
    pub(crate) changed: Option<Instant>,
    /// Since when it has a request that no attempt was made for.
    pub(crate) requested: Option<Instant>,
    /// The generation that the newest finished attempt was made for.
    pub(crate) handled: Option<i64>,
    /// The request that the newest finished attempt served.
    pub(crate) served: Option<String>,
    /// Whether any attempt made for it was answered well.
    pub(crate) answered: bool,
    /// Whether it still has to render the observation.
    pub(crate) unacknowledged: bool,
}

impl Watchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, id: &WatchId) -> Option<&Watcher> {
        Some(&self.0[self.place(id).ok()?].1)
    }

    pub(crate) fn get_mut(&mut self, id: &WatchId) -> Option<&mut Watcher> {
        let place = self.place(id).ok()?;
        Some(&mut self.0[place].1)
    }

    /// The watch of this name; a new one if there is none.
    pub(crate) fn get_or_insert_with(&mut self, id: &WatchId, new: impl FnOnce() -> Watcher) -> &mut Watcher {
        let place = self.place(id).unwrap_or_else(|place| {
            self.0.reserve_exact(1);
            self.0.insert(place, (id.clone(), new()));
            place
        });
        &mut self.0[place].1
    }

    pub(crate) fn remove(&mut self, id: &WatchId) {
        if let Ok(place) = self.place(id) {
            self.0.remove(place);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&WatchId, &Watcher)> {
        self.0.iter().map(|(id, watcher)| (id, watcher))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&WatchId, &mut Watcher)> {
        self.0.iter_mut().map(|(id, watcher)| (&*id, watcher))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &WatchId> {
        self.iter().map(|(id, _)| id)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Watcher> {
        self.iter().map(|(_, watcher)| watcher)
    }

    fn place(&self, id: &WatchId) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(id))
    }
}

impl Watcher {
    pub(crate) fn new(subscription: Subscription, joined: Timestamp) -> Self {
        Self {
            subscription,
            joined,
            changed: None,
            requested: None,
            handled: None,
            served: None,
            answered: false,
            unacknowledged: false,
        }
    }

    /// Whether its spec has had no outcome yet.
    pub(crate) fn is_new(&self) -> bool {
        self.subscription.generation > self.subscription.observed_generation
    }

    /// Notes since when there is something new to do for this watch.
    pub(crate) fn note_news(&mut self, now: Instant) {
        let changed =
            self.is_new() && self.handled.is_none_or(|handled| handled < self.subscription.generation);
        self.changed = changed.then(|| self.changed.unwrap_or(now));
        let requested = self.subscription.request.is_some() && self.subscription.request != self.served;
        self.requested = requested.then(|| self.requested.unwrap_or(now));
    }
}
