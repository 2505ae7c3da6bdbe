//! The account, as the handle and the driver share it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::poll::scheduler::Account;
use crate::telemetry::Pulse;

/// The account, as the handle and the driver share it.
#[derive(Debug)]
pub(crate) struct Shared {
    account: Mutex<Account>,
    changed: Notify,
    pulse: Pulse,
}

impl Shared {
    pub(crate) fn new(account: Account) -> Self {
        Self { account: Mutex::new(account), changed: Notify::new(), pulse: Pulse::new() }
    }

    /// The account, for as long as the guard lives. A panic while it was held leaves it as usable as any other
    /// moment: every change is completed before the next await.
    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pulse of the driver.
    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Makes the driver look again.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until something changed.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }
}
