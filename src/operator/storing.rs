//! When the status of an account or a set is decided on and stored, and what came of its writes. One is under way at a time.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::backoff;

/// How the status of one object is stored.
#[derive(Debug)]
pub(super) struct Storing<S> {
    /// When it is decided on next.
    pub(super) due: Instant,
    /// When anything but conditions was written last.
    pub(super) written: Option<Timestamp>,
    /// What was written last, and what the API server stored for it.
    tried: Option<(S, Value)>,
    /// Whether a write is under way.
    is_writing: bool,
    /// Failed writes in a row.
    failures: u32,
}

impl<S: PartialEq> Storing<S> {
    /// Of an object that is new to this process: it is decided on at once.
    pub(super) fn new() -> Self {
        Self { due: Instant::now(), written: None, tried: None, is_writing: false, failures: 0 }
    }

    /// When it is decided on next; not while a write is under way.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.is_writing).then_some(self.due)
    }

    /// Whether this was written before and the API server left something out, as one with an older CRD does. `stored` is
    /// what it has now.
    pub(super) fn was_tried(&self, wanted: &S, stored: &Value) -> bool {
        self.tried.as_ref().is_some_and(|(tried, before)| tried == wanted && before == stored)
    }

    /// Notes that a write has begun.
    pub(super) fn begin(&mut self) {
        self.is_writing = true;
    }

    /// Notes what a write has stored, and when anything but conditions was in it.
    pub(super) fn succeed(&mut self, wanted: S, stored: Value, written: Option<Timestamp>) {
        self.is_writing = false;
        self.tried = Some((wanted, stored));
        self.failures = 0;
        self.written = written.or(self.written);
    }

    /// Notes that the object was changed before a write came. The watch stream brings the change, which may have come in before
    /// the response: `is_here`.
    pub(super) fn overtake(&mut self, is_here: bool) {
        self.is_writing = false;
        self.due = Instant::now() + if is_here { Duration::ZERO } else { backoff::LONGEST };
    }

    /// Notes that a write failed. Whether it is the first in a row.
    pub(super) fn fail(&mut self) -> bool {
        self.is_writing = false;
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + backoff::after(self.failures);
        self.failures == 1
    }
}

/// Waits until something is due, if anything ever is.
pub(super) async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
