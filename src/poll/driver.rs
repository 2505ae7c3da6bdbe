//! The one task of an account: starts jobs when their turn comes, and lets them run side by side.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::account::{Pick, Shared, Work};
use super::caller::{Caller, Paced};
use super::plan::Plan;
use super::sweep::sweep;
use super::turn::Turn;
use crate::sae::Api;
use crate::telemetry::Watchdog;

/// How long one page of a pre-check may take: as long as a call of a watch by default. No watch owns it.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs until `stop` is cancelled; calls under way are dropped then.
pub(super) async fn drive<A: Api>(api: Arc<A>, shared: Arc<Shared>, stop: CancellationToken) {
    let mut jobs = FuturesUnordered::new();
    // A job is some kilobytes of state. With a block of its own for each poll the C library would tidy up its heap each
    // time, which was a twelfth of all that a poll costs; so the blocks of jobs that have ended serve the next ones.
    let mut blocks = Vec::new();
    loop {
        shared.watchdog().feed();
        let wake_at = loop {
            let pick = shared.account().pick(Instant::now());
            match pick {
                Pick::Start(turn, work) => {
                    let mut block = blocks.pop().unwrap_or_else(|| Box::pin(None));
                    block.set(Some(perform(api.clone(), shared.clone(), turn, work)));
                    jobs.push(end(block));
                }
                Pick::Granted => {}
                Pick::Wait(until) => break until,
            }
        };
        let feed_at = Instant::now() + Watchdog::PERIOD;
        let wake_at = wake_at.map_or(feed_at, |wake_at| wake_at.min(feed_at));
        let then = shared.account().next_but_one(wake_at).unwrap_or(feed_at);
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

/// Goes on with the job in a block until it ends; what is left is the block.
async fn end<F: Future<Output = ()>>(mut block: Pin<Box<Option<F>>>) -> Pin<Box<Option<F>>> {
    if let Some(job) = block.as_mut().as_pin_mut() {
        job.await;
    }
    block.set(None);
    block
}

/// Does one job and hands its end to the account.
async fn perform<A: Api>(api: Arc<A>, shared: Arc<Shared>, turn: Turn, work: Work) {
    match work {
        Work::Poll(plan) => {
            let Plan { target, timeout, known } = plan;
            let mut caller = Caller::new(api, Paced::new(shared.clone(), turn), timeout);
            let result = caller.walk(&target, known).await;
            shared.account().end_poll(turn, result, Instant::now());
        }
        Work::Sweep(work) => {
            let mut caller = Caller::new(api, Paced::new(shared.clone(), turn), SWEEP_TIMEOUT);
            let result = sweep(&mut caller, &shared, turn, work).await;
            shared.account().end_sweep(turn, result, Instant::now());
        }
    }
}
