//! The watches on one target. Nearly always it is one, so they are in a vector without spare capacity: a node of a
//! B-tree has room for eleven, which was half of all memory with ten thousand watches.

use std::slice;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::subscription::{Subscription, WatchId};

/// The watches on one target, in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Vec<Watcher>);

/// One watch on the target.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) id: WatchId,
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
    /// Whether it came from another target: its application has this id only since then.
    pub(crate) is_moved: bool,
    /// Whether its status does not hold the newest observation yet.
    pub(crate) unacknowledged: bool,
    /// The generation and the request that the attempt under way is made for; `None` also for a watch that came
    /// later. Boxed, since most of the time there is no attempt.
    attempt: Option<Box<(i64, Option<String>)>>,
}

impl Watchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, id: &WatchId) -> Option<&Watcher> {
        Some(&self.0[self.position(id).ok()?])
    }

    pub(crate) fn get_mut(&mut self, id: &WatchId) -> Option<&mut Watcher> {
        let position = self.position(id).ok()?;
        Some(&mut self.0[position])
    }

    /// Adds a watch, or replaces what it asked for before. What is kept of another object of the same name goes.
    pub(crate) fn subscribe(
        &mut self,
        id: &WatchId,
        subscription: Subscription,
        (now, wall): (Instant, Timestamp),
    ) {
        match self.position(id) {
            Ok(position) if self.0[position].subscription.object == subscription.object => {
                self.0[position].subscription = subscription;
            }
            Ok(position) => self.0[position] = Watcher::new(id.clone(), subscription, wall),
            Err(position) => {
                self.0.reserve_exact(1);
                self.0.insert(position, Watcher::new(id.clone(), subscription, wall));
            }
        }
        if let Some(watcher) = self.get_mut(id) {
            watcher.note_changes(now);
        }
    }

    /// Takes a watch out.
    pub(crate) fn take(&mut self, id: &WatchId) -> Option<Watcher> {
        self.position(id).ok().map(|position| self.0.remove(position))
    }

    /// Adds a watch that was taken out of another target's.
    pub(crate) fn add(&mut self, watcher: Watcher) {
        if let Err(position) = self.position(&watcher.id) {
            self.0.reserve_exact(1);
            self.0.insert(position, watcher);
        }
    }

    pub(crate) fn iter(&self) -> slice::Iter<'_, Watcher> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> slice::IterMut<'_, Watcher> {
        self.0.iter_mut()
    }

    fn position(&self, id: &WatchId) -> Result<usize, usize> {
        self.0.binary_search_by(|watcher| watcher.id.cmp(id))
    }
}

impl Watcher {
    fn new(id: WatchId, subscription: Subscription, joined: Timestamp) -> Self {
        Self {
            id,
            subscription,
            joined,
            changed: None,
            requested: None,
            handled: None,
            served: None,
            answered: false,
            is_moved: false,
            unacknowledged: false,
            attempt: None,
        }
    }

    /// The same watch on another target, of which it has seen nothing. It waits since it waited on the old one, also
    /// for its request: what the old target answered to that says nothing of this one.
    pub(crate) fn moved(self, now: Instant, wall: Timestamp) -> Self {
        let has_request = self.subscription.request.is_some();
        Self {
            joined: if self.answered { wall } else { self.joined },
            changed: Some(self.changed.unwrap_or(now)),
            requested: has_request.then(|| self.requested.unwrap_or(now)),
            served: None,
            handled: None,
            answered: false,
            is_moved: true,
            unacknowledged: false,
            attempt: None,
            ..self
        }
    }

    /// Whether its spec, or the application that it names, has had no outcome yet.
    pub(crate) fn is_new(&self) -> bool {
        let is_moved = self.is_moved && !self.answered;
        is_moved || self.subscription.generation > self.subscription.observed_generation
    }

    /// An attempt begins.
    pub(super) fn begin(&mut self) {
        let Subscription { generation, request, .. } = &self.subscription;
        self.attempt = Some(Box::new((*generation, request.clone())));
    }

    /// Notes what the attempt that has ended was made for; whether it was made for this watch.
    pub(super) fn note_handled(&mut self) -> bool {
        let Some((generation, request)) = self.attempt.take().map(|made_for| *made_for) else { return false };
        if self.subscription.generation == generation {
            self.changed = None;
        }
        if self.subscription.request == request {
            self.requested = None;
        }
        self.handled = Some(generation);
        self.served = request.or(self.served.take());
        true
    }

    /// Notes since when its spec or its request waits for an attempt.
    fn note_changes(&mut self, now: Instant) {
        let changed =
            self.is_new() && self.handled.is_none_or(|handled| handled < self.subscription.generation);
        self.changed = changed.then(|| self.changed.unwrap_or(now));
        let request = &self.subscription.request;
        let requested = request.is_some() && *request != self.served;
        self.requested = requested.then(|| self.requested.unwrap_or(now));
    }
}
