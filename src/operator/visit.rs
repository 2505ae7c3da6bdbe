//! What one reconcile of a watch reads, and what each of its steps may need of that.

use jiff::Timestamp;

use super::accounts::Lookup;
use super::context::Context;
use super::watched::{Read, Watched};
use super::watches::Current;
use crate::cluster::describe;
use crate::domain::{Event, Meta};
use crate::poll::{Polls, WatchId};
use crate::telemetry::EventOutcome;

/// How often a reconcile fails for an event without a response before it goes on without it. With a request's timeout of
/// 15 s that outlasts an API server that hangs for a minute.
const EVENT_TRIES: u32 = 4;

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

    /// Emits events, as many as the budgets allow. One that is refused costs nothing else. Without any response the
    /// reconcile fails a few times: the next one emits the same events under the same names, and none is lost to a server
    /// that hangs.
    pub(super) async fn emit(&self, events: &[Event], current: &mut Current) -> Result<(), kube::Error> {
        for event in events {
            tracing::info!(watch = %self.id, reason = %event.reason, note = %event.note, "event");
            let outcome = if current.budgets.take(event.kind, self.now) {
                self.emit_one(event, current.failures).await?
            } else {
                tracing::warn!(watch = %self.id, reason = %event.reason, "too many events for this watch; not emitted");
                EventOutcome::Skipped
            };
            self.context.metrics.emitted(event.reason, outcome);
        }
        Ok(())
    }

    async fn emit_one(&self, event: &Event, failures: u32) -> Result<EventOutcome, kube::Error> {
        let context = self.context;
        match context.events.emit(self.watch, event, context.clock.now()).await {
            Ok(()) => Ok(EventOutcome::Success),
            Err(error) if matches!(error, kube::Error::Api(_)) || failures >= EVENT_TRIES => {
                let error = describe(&error);
                tracing::warn!(watch = %self.id, reason = %event.reason, error, "the event could not be emitted");
                Ok(EventOutcome::Error)
            }
            Err(error) => Err(error),
        }
    }
}

/// What holds for a watch beside its own spec; `None` while it names an account and it is not known which there are.
pub(super) fn look_up(id: &WatchId, watch: &Watched, read: &Read, context: &Context) -> Option<Lookup> {
    let generation = watch.metadata.generation.unwrap_or(0);
    let account = read.spec.account_ref.as_ref().map(|account| &account.name);
    context.accounts.look_up(account, &id.namespace, generation, &context.own_polls)
}
