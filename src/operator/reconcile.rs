//! One look at one watch: what is wanted, what is known, what to decide, what to write.
//!
//! Nothing here asks SAE. An SAE failure is data; an `Err` is a failure of Kubernetes alone.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use kube::Client;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::alarms::Alarms;
use super::events::Events;
use super::status;
use super::watched::{Read, Watched, id_of};
use super::watches::Watches;
use crate::api::SaeAppWatchStatus;
use crate::cluster::describe;
use crate::domain::freshness::whole_seconds;
use crate::domain::{
    Budgets, Decision, Event, Input, Memory, Meta, Pace, Settings, decide, status_fingerprint,
};
use crate::poll::{Clock, Polls, Seen, Want, WatchId};
use crate::telemetry::{self, Look, Metrics, Pulse, Reading, StatusWrite, Telling};

/// Watches whose events and statuses are written at the same time: what the API server makes of more is more waiting,
/// for its other clients too.
const WRITERS: usize = 8;
/// The longest pause between tries after failures of Kubernetes.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// What every reconcile is given.
pub struct Context {
    pub(super) client: Client,
    polls: Polls,
    settings: Settings,
    pub(super) watches: Watches,
    pub(super) alarms: Alarms,
    events: Events,
    writers: Semaphore,
    clock: Clock,
    pub(super) metrics: Metrics,
    pub(super) pulse: Pulse,
    shown: Arc<telemetry::Watches>,
}

/// Why a look at a watch failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not take the status.
    #[error("cannot write the status: {}", describe(.0))]
    Status(#[source] kube::Error),
    /// A mistake in this program, kept to the one watch that met it.
    #[error("a mistake in saewatch, please report it: {0}")]
    Panic(String),
}

impl Context {
    /// What reconciles need. `replica` is who reports events; `clock` is given, so that tests run hours in
    /// milliseconds. What other contexts have shown of their watches in `metrics` is not shown any more.
    pub fn new(
        client: Client,
        polls: Polls,
        settings: Settings,
        replica: String,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let events = Events::new(client.clone(), replica);
        let (watches, alarms) = (Watches::default(), Alarms::default());
        let (shown, pulse) = (metrics.watches.begin(), Pulse::new());
        let writers = Semaphore::new(WRITERS);
        Self { client, polls, settings, watches, alarms, events, writers, clock, metrics, pulse, shown }
    }

    /// The pulse of the controllers.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Forgets a watch that is gone.
    pub(super) fn forget(&self, id: &WatchId) {
        self.polls.forget(id);
        self.alarms.reset(id, self.watches.forget(id), None);
        self.shown.forget(&id.namespace, &id.name);
    }

    /// Moves the alarm of a watch; `None` is no alarm.
    pub(super) fn set_alarm(&self, id: &WatchId, at: Option<Instant>) {
        self.alarms.reset(id, self.watches.move_alarm(id, at), at);
    }

    /// Decides again once the store has what is newer than `watch`. A conflict without anything newer would otherwise
    /// leave a suspended watch, which has no polls, as it is for ever.
    fn wait_for_newer(&self, id: &WatchId, watch: &Watched) {
        let is_here = self.watches.note_conflict(id, watch.version());
        let at = Instant::now() + if is_here { Duration::ZERO } else { MAX_BACKOFF };
        self.set_alarm(id, Some(at));
    }

    fn now(&self) -> Timestamp {
        whole_seconds(self.clock.now())
    }
}

/// Looks at one watch.
///
/// # Errors
/// When Kubernetes fails, or this program does; [`retry`] says when to look again.
pub async fn reconcile(watch: Arc<Watched>, context: Arc<Context>) -> Result<(), Error> {
    let (id, began) = (context.watches.shared(id_of(&*watch)), Instant::now());
    let result = AssertUnwindSafe(look(&watch, &id, &context)).catch_unwind().await;
    let result = result.unwrap_or_else(|panic| Err(Error::Panic(describe_panic(&*panic))));
    let outcome = match &result {
        Ok(look) => *look,
        Err(Error::Status(_)) => Look::Failed,
        Err(Error::Panic(_)) => Look::Panicked,
    };
    context.metrics.looked(outcome, began.elapsed());
    result.map(|_| ())
}

/// In how long to try again after a failure: soon, then later and later.
pub fn retry(watch: &Watched, error: &Error, context: &Context) -> Duration {
    let id = id_of(watch);
    let failures = context.watches.note_failure(&id);
    let pause = Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(MAX_BACKOFF);
    if failures == 1 {
        tracing::warn!(watch = %id, %error, retry_in = ?pause, "the reconcile failed; trying again");
    } else {
        // It was reported once; an outage of an hour would otherwise be a line a minute for each watch.
        tracing::debug!(watch = %id, %error, failures, retry_in = ?pause, "the reconcile failed again");
    }
    pause
}

async fn look(stored: &Watched, id: &WatchId, context: &Context) -> Result<Look, Error> {
    let now = context.now();
    let mut remembered = context.watches.recall(id, stored.metadata.uid.as_deref().unwrap_or_default(), now);
    let own_write = remembered.own_write.take().filter(|own| own.is_newer_than(stored));
    let watch = own_write.as_deref().unwrap_or(stored);
    if watch.metadata.deletion_timestamp.is_some() {
        context.forget(id);
        return Ok(Look::Done);
    }
    let visit = Visit { id, watch, read: watch.read(), context, now };
    let seen = visit.ask_polls();
    let mut decision = visit.decide(seen.as_ref(), &remembered.memory);
    visit.show(&decision, seen.as_ref());
    let written = match visit.store(&mut decision, &mut remembered.budgets).await? {
        Answer::Nothing => None,
        Answer::Stored(stored) => Some(stored),
        Answer::Overtaken => {
            context.wait_for_newer(id, watch);
            return Ok(Look::Done);
        }
        Answer::Gone => {
            context.forget(id);
            return Ok(Look::Done);
        }
    };

    visit.want(decision.status(visit.read.status.as_ref()));
    if let Some(seen) = &seen {
        context.polls.rendered(id, seen);
    }
    let look = if visit.read.unreadable.is_some() { Look::Invalid } else { Look::Done };
    remembered.memory = decision.memory;
    remembered.own_write = written.or(own_write);
    remembered.failures = 0;
    context.watches.remember(id, remembered);
    context.set_alarm(id, decision.wake.map(|wake| Instant::now() + wake.unsigned_abs()));
    Ok(look)
}

/// What became of a decision.
enum Answer {
    /// There is nothing to store, or it cannot be.
    Nothing,
    /// Its status is stored: the watch since then.
    Stored(Arc<Watched>),
    /// Somebody else has written since the version that was decided on.
    Overtaken,
    /// There is no such watch any more.
    Gone,
}

/// One reconcile of one watch.
struct Visit<'a> {
    id: &'a WatchId,
    /// The newest that is known of it.
    watch: &'a Watched,
    read: Read,
    context: &'a Context,
    now: Timestamp,
}

impl Visit<'_> {
    fn meta(&self) -> Meta<'_> {
        let metadata = &self.watch.metadata;
        Meta {
            generation: metadata.generation.unwrap_or(0),
            uid: metadata.uid.as_deref().unwrap_or_default(),
            created_at: metadata.creation_timestamp.as_ref().map(|time| time.0),
            request: self.watch.request(),
        }
    }

    /// Says what the watch wants while it shows this status; whether that is anything.
    fn want(&self, status: Option<&SaeAppWatchStatus>) -> bool {
        let default_region = self.context.settings.default_region.as_ref();
        let want = Want::of(&self.read.spec, status, self.meta(), default_region, self.now);
        let want = want.filter(|_| self.read.unreadable.is_none());
        want.map(|want| self.context.polls.want(self.id, want)).is_some()
    }

    /// Says what the watch wants and hears what is known of it.
    fn ask_polls(&self) -> Option<Seen> {
        if self.want(self.read.status.as_ref()) {
            return self.context.polls.newest(self.id);
        }
        self.context.polls.forget(self.id);
        None
    }

    fn decide(&self, seen: Option<&Seen>, memory: &Memory) -> Decision {
        decide(&Input {
            spec: &self.read.spec,
            unreadable: self.read.unreadable.as_deref(),
            meta: self.meta(),
            last: self.read.status.as_ref(),
            list: self.watch.list,
            instances: &self.watch.facts,
            observation: seen.and_then(|seen| seen.observation.as_deref()),
            settings: &self.context.settings,
            pace: seen.map_or(&Pace::default(), |seen| &seen.pace),
            memory,
            now: self.now,
        })
    }

    /// Shows in metrics what is decided, whether or not it can be stored.
    fn show(&self, decision: &Decision, seen: Option<&Seen>) {
        let (shown, WatchId { namespace, name }) = (&self.context.shown, self.id);
        if let Some(problem) = &self.read.unreadable {
            tracing::warn!(watch = %self.id, problem, "the spec of this watch cannot be read");
            shown.reject(namespace, name);
        } else if let Some(status) = decision.status(self.read.status.as_ref()) {
            let spec = &self.read.spec;
            let interval = seen.map(|seen| seen.pace.effective_interval.unwrap_or(spec.interval.signed()));
            shown.show(namespace, name, Reading::new(spec, status, decision.memory.observed_at, interval));
        }
    }

    /// Emits the events of a decision and stores its status, in this order: a kill in between emits them again under
    /// the same names.
    async fn store(&self, decision: &mut Decision, budgets: &mut Budgets) -> Result<Answer, Error> {
        let Some(status) = decision.write.as_ref().filter(|_| !decision.is_deferred) else {
            return Ok(Answer::Nothing);
        };
        let (client, metrics) = (&self.context.client, &self.context.metrics);
        let _turn = self.context.writers.acquire().await;
        self.emit(&decision.events, budgets).await;
        let list = decision.list.as_deref();
        let (outcome, answer) = match status::write(client, self.watch, status, list, &metrics.crd).await {
            Ok(stored) => {
                decision.memory.note_write(status, list, stored.read().status.as_ref(), stored.list);
                let before = self.read.status.as_ref().map(status_fingerprint);
                let is_news = list.is_some() || before != Some(status_fingerprint(status));
                let outcome = if is_news { StatusWrite::News } else { StatusWrite::Heartbeat };
                (outcome, Ok(Answer::Stored(Arc::new(stored))))
            }
            Err(kube::Error::Api(refusal)) if refusal.code == 404 => return Ok(Answer::Gone),
            Err(kube::Error::Api(refusal)) if refusal.code == 409 => {
                (StatusWrite::Overtaken, Ok(Answer::Overtaken))
            }
            // A server that checks the whole object takes no status of one with a spec that it calls wrong.
            Err(kube::Error::Api(refusal)) if refusal.code == 422 && self.read.unreadable.is_some() => {
                (StatusWrite::Failed, Ok(Answer::Nothing))
            }
            Err(error) => (StatusWrite::Failed, Err(Error::Status(error))),
        };
        metrics.wrote(outcome);
        answer
    }

    /// Emits events, as many as the budgets allow. One that cannot be written costs nothing else.
    async fn emit(&self, events: &[Event], budgets: &mut Budgets) {
        let context = self.context;
        for event in events {
            tracing::info!(watch = %self.id, reason = %event.reason, note = %event.note, "event");
            let telling = if budgets.take(event.kind, self.now) {
                match context.events.tell(self.watch, event, context.clock.now()).await {
                    Ok(()) => Telling::Told,
                    Err(error) => {
                        let error = describe(&error);
                        tracing::warn!(watch = %self.id, reason = %event.reason, error, "the event could not be told");
                        Telling::Failed
                    }
                }
            } else {
                tracing::warn!(watch = %self.id, reason = %event.reason, "too many events for this watch; not told");
                Telling::OverBudget
            };
            context.metrics.told(event.reason, telling);
        }
    }
}

fn describe_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
