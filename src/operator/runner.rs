//! Runs reconciles: those of different watches at the same time, those of one watch one after the other.
//!
//! kube's `Controller` does that too, through a queue of timers: it sets a timer for each request, also for one that is
//! due now, and with tokio's clock of whole milliseconds each of them makes the process sleep and wake up once more
//! (3 of 9 system calls a poll). It also keeps each request in several copies, 3 kB a watch.

use std::sync::Arc;

use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::queue::{Cause, Queue};
use super::reconcile::reconcile;
use super::wakeups::Wakeups;
use super::watched::Watched;
use crate::poll::{News, WatchId};

/// Watches that are reconciled at the same time. Most wait for the API server, so this bounds the requests that it is
/// given at once: with more the wait is longer, for its other clients too.
const CONCURRENCY: usize = 8;

/// What reconciles the watches that are stored.
pub(super) struct Runner {
    context: Arc<Context>,
    queue: Queue,
    wakeups: Wakeups,
}

impl Runner {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context, queue: Queue::default(), wakeups: Wakeups::default() }
    }

    /// Reconciles the watches that `changed` and `news` name and those whose wakeup is due, until `stop` is cancelled;
    /// then lets the reconciles under way finish.
    pub(super) async fn run(
        mut self,
        mut changed: impl Stream<Item = Vec<WatchId>> + Unpin,
        mut news: News,
        stop: CancellationToken,
    ) {
        let context = self.context.clone();
        let mut running = FuturesUnordered::new();
        let mut stopped = std::pin::pin!(stop.cancelled());
        loop {
            while running.len() < CONCURRENCY
                && let Some((id, watch)) = self.next_watch()
            {
                let context = &context;
                running.push(async move { (reconcile(&id, watch, context).await, id) });
            }
            tokio::select! {
                // In this order, so that the same world always goes the same way.
                biased;
                () = &mut stopped => break,
                Some((again, id)) = running.next() => {
                    self.queue.end(&id);
                    self.wakeups.set(&id, again);
                }
                Some(ids) = changed.next() => {
                    for id in ids {
                        self.queue.push(id, Cause::News);
                    }
                }
                Some(id) = news.recv() => self.queue.push(id, Cause::News),
                id = self.wakeups.next() => self.queue.push(id, Cause::Wakeup),
            }
        }
        while running.next().await.is_some() {}
    }

    /// The watch whose turn it is. One that is gone is forgotten.
    fn next_watch(&mut self) -> Option<(WatchId, Arc<Watched>)> {
        loop {
            let id = self.queue.start()?;
            if let Some(watch) = self.context.watches.stored(&id) {
                return Some((id, watch));
            }
            self.queue.end(&id);
            self.wakeups.set(&id, None);
            self.context.forget(&id);
        }
    }
}
