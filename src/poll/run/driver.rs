//! The one task of an account: starts jobs when the scheduler says so, and runs them side by side.

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
    loop {
        shared.watchdog().feed();
        let wake_at = loop {
            let next = shared.scheduler().next(Instant::now());
            match next {
                Next::Start(run, job) => jobs.push(perform(api.clone(), shared.clone(), run, job)),
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
            () = stop.cancelled() => break,
            Some(()) = jobs.next() => {}
            () = shared.changed() => {}
            () = sleep_until(wake_at) => {}
            // Never the first to end. But a timer that is set while another one already waits for as long or less
            // costs tokio nothing, and setting one that comes before all others two system calls.
            () = sleep_until(then) => {}
        }
    }
    // A reconcile that waits for the API server may hold these polls for long.
    shared.watchdog().end();
}
