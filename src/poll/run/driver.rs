//! The one task of an account: starts jobs when the scheduler says so, and runs them side by side.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::perform::perform;
use super::shared::Shared;
use crate::poll::scheduler::Next;
use crate::sae::Api;
use crate::telemetry::Watchdog;

/// Runs until `stop` is cancelled; calls under way are dropped then.
pub(crate) async fn drive<A: Api>(api: Arc<A>, shared: Arc<Shared>, stop: CancellationToken) {
    let mut jobs = FuturesUnordered::new();
    // A job is some kilobytes of state. With a block of its own for each poll the C library would tidy up its heap each
    // time, which was a twelfth of all that a poll costs; so the blocks of jobs that have ended serve the next ones.
    let mut blocks = Vec::new();
    loop {
        shared.watchdog().feed();
        let wake_at = loop {
            let next = shared.scheduler().next(Instant::now());
            match next {
                Next::Start(run, job) => {
                    let mut block = blocks.pop().unwrap_or_else(|| Box::pin(None));
                    block.set(Some(perform(api.clone(), shared.clone(), run, job)));
                    jobs.push(end(block));
                }
                Next::AskAgain => {}
                Next::Wait(until) => break until,
            }
        };
        let feed_at = Instant::now() + Watchdog::PERIOD;
        let wake_at = wake_at.map_or(feed_at, |wake_at| wake_at.min(feed_at));
        let then = shared.scheduler().next_but_one(wake_at).unwrap_or(feed_at);
        tokio::select! {
            // In this order, so that the same world always goes the same way.
            biased;
            () = stop.cancelled() => return,
            Some(block) = jobs.next() => blocks.push(block),
            () = shared.changed() => {}
            () = sleep_until(wake_at) => {}
            // Never the first to end. But a timer that is set while another one already waits for as long or less
            // costs tokio nothing, and setting one that comes before all others two system calls.
            () = sleep_until(then) => {}
        }
    }
}

/// Runs the job in a block to its end; returns the block.
async fn end<F: Future<Output = ()>>(mut block: Pin<Box<Option<F>>>) -> Pin<Box<Option<F>>> {
    if let Some(job) = block.as_mut().as_pin_mut() {
        job.await;
    }
    block.set(None);
    block
}
