//! When the status of an account or a set is decided on and stored, and what came of its writes. One is under way at a time.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::object::HasStatus;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::backoff;
use super::object::Object;
use super::report::{Outcome, Reported};

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
    /// Failed writes in a row, those of an event before it among them.
    pub(super) failures: u32,
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

    /// Notes how a write ended, of an object that is known as `newest` by now. Returns it as it is stored, if it is.
    pub(super) fn note<K>(&mut self, reported: Reported<K>, newest: &Object<K>) -> Option<Arc<Object<K>>>
    where
        K: HasStatus<Status = S> + Resource<DynamicType = ()>,
    {
        let Reported { report, outcome } = reported;
        self.is_writing = false;
        match outcome {
            Outcome::Stored(stored) => {
                self.tried = Some((report.status, stored.status.clone()));
                self.failures = 0;
                self.written = report.has_rest.then_some(report.now).or(self.written);
                return Some(stored);
            }
            Outcome::Overtaken => {
                // The watch stream brings the change, or has brought it before the response came.
                let is_here = newest.is_newer_than(&report.object);
                self.due = Instant::now() + if is_here { Duration::ZERO } else { backoff::LONGEST };
            }
            Outcome::Failed(error) => {
                self.failures = self.failures.saturating_add(1);
                self.due = Instant::now() + backoff::after(self.failures);
                if self.failures == 1 {
                    let ObjectMeta { namespace, name, .. } = &report.object.metadata;
                    let kind = K::kind(&());
                    tracing::warn!(%kind, namespace, name, error, "the status cannot be written; trying again");
                }
            }
        }
        None
    }
}

/// Waits until something is due, if anything ever is.
pub(super) async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
