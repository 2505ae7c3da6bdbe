//! What one reconcile of a watch reads, and what each of its steps may need of that.

use jiff::Timestamp;

use super::accounts::Lookup;
use super::context::Context;
use super::watched::{Read, Watched};
use super::watches::Current;
use crate::domain::{Event, Meta};
use crate::poll::{Polls, WatchId};
use crate::telemetry::EventOutcome;

/// What one reconcile reads.
pub(super) struct Visit<'a> {
    pub(super) id: &'a WatchId,
    /// The newest that is known of it.
    pub(super) watch: &'a Watched,
    pub(super) read: Read,
    pub(super) lookup: &'a Lookup,
    pub(super) context: &'a Context,
    pub(super) now: Timestamp,
}

impl Visit<'_> {
    /// What the object says of itself.
    pub(super) fn meta(&self) -> Meta<'_> {
        let metadata = &self.watch.metadata;
        Meta {
            generation: metadata.generation.unwrap_or(0),
            uid: metadata.uid.as_deref().unwrap_or_default(),
            created_at: metadata.creation_timestamp.as_ref().map(|time| time.0),
            request: self.watch.request(),
        }
    }

    /// Whether another thing holds for the watch than what this reconcile began with, or did in between: then its polls
    /// were ended. What is decided must not be stored.
    pub(super) fn is_overtaken(&self, polls: Option<&Polls>) -> bool {
        let now = look_up(self.id, self.watch, &self.read, self.context);
        now.is_none_or(|now| now.access != self.lookup.access)
            || !self.context.watches.is_polled_by(self.id, polls)
    }

    /// Emits events, as many as the budgets allow.
    pub(super) async fn emit(&self, events: &[Event], current: &mut Current) -> Result<(), kube::Error> {
        for event in events {
            tracing::info!(watch = %self.id, reason = %event.reason, note = %event.note, "event");
            let outcome = if current.budgets.take(event.kind, self.now) {
                let now = self.context.clock.now();
                self.context.events.emit(self.watch, event, current.failures, now).await?
            } else {
                tracing::warn!(watch = %self.id, reason = %event.reason, "too many events for this watch; not emitted");
                EventOutcome::Skipped
            };
            self.context.metrics.emitted(event.reason, outcome);
        }
        Ok(())
    }
}

/// What holds for a watch beside its own spec; `None` while it names an account and it is not known which there are.
pub(super) fn look_up(id: &WatchId, watch: &Watched, read: &Read, context: &Context) -> Option<Lookup> {
    let generation = watch.metadata.generation.unwrap_or(0);
    let account = read.spec.account_ref.as_ref().map(|account| &account.name);
    context.accounts.look_up(account, &id.namespace, generation, &context.own_polls)
}
