//! What the handle, the driver and its jobs share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::poll::scheduler::Scheduler;
use crate::telemetry::Watchdog;

/// The scheduler, as the handle and the driver share it.
#[derive(Debug)]
pub(crate) struct Shared {
    scheduler: Mutex<Scheduler>,
    changed: Notify,
    watchdog: Watchdog,
}

impl Shared {
    pub(crate) fn new(scheduler: Scheduler) -> Self {
        Self { scheduler: Mutex::new(scheduler), changed: Notify::new(), watchdog: Watchdog::new() }
    }

    /// The scheduler, for as long as the guard lives. A panic while it was held leaves it as usable as any other
    /// moment: every change is completed before the next await.
    pub(crate) fn scheduler(&self) -> MutexGuard<'_, Scheduler> {
        self.scheduler.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watchdog of the driver.
    pub(crate) fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    /// Makes the driver decide again.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until something changed.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}
