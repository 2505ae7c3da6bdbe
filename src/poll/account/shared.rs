//! The account, as the handle and the driver share it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Account;
use crate::telemetry::Watchdog;

/// The account, as the handle and the driver share it.
#[derive(Debug)]
pub(in crate::poll) struct Shared {
    account: Mutex<Account>,
    changed: Notify,
    watchdog: Watchdog,
}

impl Shared {
    pub(in crate::poll) fn new(account: Account) -> Self {
        Self { account: Mutex::new(account), changed: Notify::new(), watchdog: Watchdog::new() }
    }

    /// The account, for as long as the guard lives. A panic while it was held leaves it as usable as any other
    /// moment: every change is completed before the next await.
    pub(in crate::poll) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watchdog of the driver.
    pub(in crate::poll) fn watchdog(&self) -> &Watchdog {
        &self.watchdog
    }

    /// Makes the driver look again.
    pub(in crate::poll) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until something changed.
    pub(in crate::poll) async fn changed(&self) {
        self.changed.notified().await;
    }
}
