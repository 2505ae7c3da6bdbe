//! Follows the sets, and reconciles each when something changes for it.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{BoxStream, FuturesUnordered, SelectAll};
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::apply::{Applied, Job};
use super::changes::{Changed, Changes};
use super::managed::Managed;
use super::object::SetObject;
use super::pacer::Pacer;
use super::stream::{Change, follow_sets};
use crate::api::SaeAppWatchSet;
use crate::domain::set::ReadyMemory;
use crate::operator::context::Context;
use crate::operator::controller::Scope;
use crate::operator::report::Reported;
use crate::operator::storing::wait_until;
use crate::poll::{ListNews, ListNewsSender, SetId};

/// Applies under way at the same time, as many as reconciles of watches: with more the wait is longer, for the other
/// clients of the API server too.
const CONCURRENCY: usize = 8;

/// From one reconcile of a set to the next: each of its watches that is made and answered changes it.
const SPACING: Duration = Duration::from_secs(1);

/// The sets, and what is known of each.
pub(in crate::operator) struct Controller {
    pub(super) context: Arc<Context>,
    pub(super) changes: Arc<Changes>,
    pub(super) scope: Scope,
    pub(super) sets: BTreeMap<SetId, Managed>,
    pub(super) list_news: (ListNewsSender, ListNews),
    /// Each with what is to be remembered once it is stored.
    pub(super) writes: FuturesUnordered<BoxFuture<'static, (ReadyMemory, Reported<SaeAppWatchSet>)>>,
    applies: FuturesUnordered<BoxFuture<'static, Applied>>,
    pacer: Pacer,
    /// The set whose turn it was last.
    turn: Option<SetId>,
    stop: CancellationToken,
}

impl Controller {
    pub(in crate::operator) fn new(
        context: Arc<Context>,
        changes: Arc<Changes>,
        scope: Scope,
        stop: CancellationToken,
    ) -> Self {
        Self {
            context,
            changes,
            scope,
            sets: BTreeMap::new(),
            list_news: mpsc::unbounded_channel(),
            writes: FuturesUnordered::new(),
            applies: FuturesUnordered::new(),
            pacer: Pacer::new(Instant::now()),
            turn: None,
            stop,
        }
    }

    /// Works until it is stopped, then lets writes under way finish.
    pub(in crate::operator) async fn run(self) {
        let stream = self.stream();
        self.run_on(stream).await;
    }

    /// The same on a stream of sets that is given.
    pub(super) async fn run_on(mut self, mut stream: impl Stream<Item = Change> + Unpin) {
        let (stop, changes) = (self.stop.clone(), self.changes.clone());
        let mut stopped = std::pin::pin!(stop.cancelled());
        loop {
            self.reconcile_due();
            self.start_applies();
            let wake = self.wake();
            tokio::select! {
                // In this order, so that the same world always goes the same way.
                biased;
                () = &mut stopped => break,
                Some(reported) = self.writes.next() => self.note_report(reported),
                Some(applied) = self.applies.next() => self.note_applied(applied),
                Some(change) = stream.next() => self.take(change),
                changed = changes.next() => self.note_changed(&changed),
                Some(id) = self.list_news.1.recv() => self.make_due(&id),
                () = wait_until(wake) => {}
            }
        }
        while self.writes.next().await.is_some() {}
        while self.applies.next().await.is_some() {}
    }

    /// The sets of each namespace come in a stream of their own: a list of one never makes the sets of another look
    /// deleted.
    fn stream(&self) -> SelectAll<BoxStream<'static, Change>> {
        let follow = |namespace| {
            let client = self.context.client.clone();
            let shown = self.context.metrics.sets.clone();
            follow_sets(client, namespace, self.scope.label_selector.as_ref(), shown)
        };
        self.scope.namespaces().into_iter().map(follow).collect()
    }

    /// Takes in what the stream of sets brought.
    fn take(&mut self, change: Change) {
        match change {
            Change::Put(object) => self.put(*object),
            Change::Gone(id) => self.remove(&id),
            Change::Listed(namespace, listed) => self.remove_unlisted(namespace.as_deref(), &listed),
        }
    }

    fn put(&mut self, object: SetObject) {
        let id = object.id();
        let selector = self.scope.label_selector.as_ref();
        if let Some(known) = self.sets.get_mut(&id).filter(|known| known.object.uid() == object.uid()) {
            known.update(Arc::new(object), selector);
            return;
        }
        self.remove(&id);
        let managed = Managed::new(object, self.scope.label_selector.as_ref(), self.context.now());
        self.sets.insert(id, managed);
    }

    fn remove(&mut self, id: &SetId) {
        if let Some(mut set) = self.sets.remove(id) {
            set.read_lists(id, None, &self.list_news.0);
        }
    }

    /// Forgets what the list did not hold: a deletion may be missed while the stream is down.
    fn remove_unlisted(&mut self, namespace: Option<&str>, listed: &HashSet<SetId>) {
        let is_mine = |id: &SetId| namespace.is_none_or(|namespace| *id.namespace == *namespace);
        let gone: Vec<_> =
            self.sets.keys().filter(|id| is_mine(id) && !listed.contains(*id)).cloned().collect();
        for id in gone {
            self.remove(&id);
        }
    }

    fn note_changed(&mut self, changed: &Changed) {
        let ids: Vec<_> = self.sets.keys().filter(|id| changed.concerns(id)).cloned().collect();
        for id in ids {
            self.make_due(&id);
        }
    }

    /// Has a set reconciled, at once if it was not just before.
    pub(super) fn make_due(&mut self, id: &SetId) {
        let Some(set) = self.sets.get_mut(id) else { return };
        let earliest = set.reconciled.map_or_else(Instant::now, |last| last + SPACING);
        set.storing.due = set.storing.due.min(earliest);
    }

    fn reconcile_due(&mut self) {
        let now = Instant::now();
        let due = self.sets.iter().filter(|(_, set)| set.storing.next().is_some_and(|due| due <= now));
        let due: Vec<_> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            self.reconcile(&id);
        }
    }

    /// Starts as many applies as may start now, those of the sets in turn.
    fn start_applies(&mut self) {
        let now = Instant::now();
        while self.applies.len() < CONCURRENCY && self.pacer.next() <= now {
            let Some(job) = self.next_job(now) else { return };
            self.pacer.take(now);
            tracing::debug!(set = %job.set, watch = job.apply.name, "applying a watch");
            self.applies.push(Box::pin(job.run(self.context.client.clone())));
        }
    }

    fn next_job(&mut self, now: Instant) -> Option<Job> {
        let may_be_unseen = self.scope.label_selector.is_some();
        let after = self.turn.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.sets.range((after, Bound::Unbounded)).map(|(id, _)| id.clone());
        let order: Vec<_> = behind.chain(self.sets.keys().cloned()).collect();
        order.into_iter().find_map(|id| {
            let set = self.sets.get_mut(&id)?;
            let spec = set.spec.as_ref().ok()?.clone();
            let apply = set.queue.start(now)?;
            let set_uid = set.object.uid().to_owned();
            self.turn = Some(id.clone());
            Some(Job { set: id, set_uid, spec, apply, may_be_unseen })
        })
    }

    /// When something is to be done that no event announces.
    fn wake(&self) -> Option<Instant> {
        let now = Instant::now();
        let reconcile = self.sets.values().filter_map(|set| set.storing.next()).min();
        let has_room = self.applies.len() < CONCURRENCY;
        let apply = self.sets.values().filter_map(|set| set.queue.next(now)).min();
        let apply = apply.filter(|_| has_room).map(|apply| apply.max(self.pacer.next()));
        reconcile.into_iter().chain(apply).min()
    }
}
