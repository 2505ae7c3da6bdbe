//! `/healthz`: whether what should be working is getting anywhere.
//!
//! Each loop that must never stop feeds its watchdog from within itself. A loop that blocks its thread, waits for
//! something that never comes, or has ended by mistake, feeds it no more, and the process is restarted. A cluster or an
//! SAE that is out of reach stops no loop, so it restarts nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// When a loop counts as stopped: six times unfed, which no busy machine explains.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The watchdog of one loop. Clones share it.
#[derive(Debug, Clone)]
pub struct Watchdog(Arc<FedAt>);

/// When a loop fed its watchdog last; `None` once it has ended as it should.
type FedAt = Mutex<Option<Instant>>;

/// The watchdogs of the process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Liveness(Arc<Mutex<Vec<Followed>>>);

#[derive(Debug)]
struct Followed {
    what: &'static str,
    fed_at: Weak<FedAt>,
}

impl Watchdog {
    /// How often a loop feeds it, also one with nothing to do.
    pub(crate) const PERIOD: Duration = Duration::from_secs(10);

    /// A watchdog that is fed now for the first time.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    /// Says that the loop is alive.
    pub(crate) fn feed(&self) {
        *lock(&self.0) = Some(Instant::now());
    }

    /// Says that the loop has ended as it should, though the watchdog may still be held.
    pub(crate) fn end(&self) {
        *lock(&self.0) = None;
    }

    /// Feeds it for as long as this is polled. For a loop that is not ours: polled beside it, in the same task, this
    /// stops when the other blocks.
    pub(crate) async fn keep_fed(&self) {
        loop {
            self.feed();
            sleep(Self::PERIOD).await;
        }
    }
}

impl Default for Watchdog {
    fn default() -> Self {
        Self::new()
    }
}

impl Liveness {
    /// Follows a watchdog for as long as its loop holds it: a replica that stands by has no loops.
    pub(crate) fn follow(&self, what: &'static str, watchdog: &Watchdog) {
        let mut followed = lock(&self.0);
        followed.retain(|one| one.fed_at.strong_count() > 0);
        followed.push(Followed { what, fed_at: Arc::downgrade(&watchdog.0) });
    }

    /// Which loop has stopped, in a sentence; `None` if all is well.
    pub(crate) fn trouble(&self) -> Option<String> {
        lock(&self.0).iter().find_map(|Followed { what, fed_at }| {
            let age = (*lock(&*fed_at.upgrade()?))?.elapsed();
            (age > TIMEOUT).then(|| format!("{what} stopped working {} s ago", age.as_secs()))
        })
    }
}

/// Every change is one assignment or one push, so a panic elsewhere leaves whole values behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive_with(watchdog: &Watchdog) -> Liveness {
        let liveness = Liveness::default();
        liveness.follow("the scheduler", watchdog);
        liveness
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_feed_it_counts_as_stopped_after_a_minute_and_may_come_back() {
        let watchdog = Watchdog::new();
        let liveness = alive_with(&watchdog);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(liveness.trouble(), None);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(liveness.trouble().as_deref(), Some("the scheduler stopped working 61 s ago"));
        watchdog.feed();
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_was_let_go_is_not_followed() {
        let watchdog = Watchdog::new();
        let liveness = alive_with(&watchdog);
        drop(watchdog);
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_has_ended_as_it_should_is_no_trouble() {
        let watchdog = Watchdog::new();
        let liveness = alive_with(&watchdog);
        watchdog.end();
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_keeps_it_fed_never_counts_as_stopped() {
        let watchdog = Watchdog::new();
        let liveness = alive_with(&watchdog);
        tokio::select! {
            () = watchdog.keep_fed() => {}
            () = sleep(Duration::from_secs(3595)) => {}
        }
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test]
    async fn a_neighbour_that_blocks_its_task_stops_the_feeding() {
        let watchdog = Watchdog::new();
        let fed = *lock(&watchdog.0);
        let blocks = async { std::thread::sleep(Duration::from_millis(20)) };
        tokio::select! {
            biased;
            () = blocks => {}
            () = watchdog.keep_fed() => {}
        }
        assert_eq!(*lock(&watchdog.0), fed, "it was not polled");
    }
}
