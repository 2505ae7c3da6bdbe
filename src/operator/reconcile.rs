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
use super::cause::describe;
use super::events::Events;
use super::watched::{Read, Watched, id_of};
use super::watches::{Remembered, Watches};
use super::{status, wants};
use crate::domain::freshness::whole_seconds;
use crate::domain::{Decision, Event, Input, Meta, Pace, Settings, decide, meaning_of};
use crate::poll::{Clock, Polls, Seen, WatchId};
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

impl Error {
    fn outcome(&self) -> Look {
        match self {
            Self::Status(_) => Look::Failed,
            Self::Panic(_) => Look::Panicked,
        }
    }
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
    let outcome = result.as_ref().map_or_else(Error::outcome, |look| *look);
    context.metrics.looked(outcome, began.elapsed());
    result.map(|_| ())
}

/// In how long to try again after a failure: soon, then later and later.
pub fn retry(watch: &Watched, error: &Error, context: &Context) -> Duration {
    let id = id_of(watch);
    let failures = context.watches.note_failure(&id);
    let pause = Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(MAX_BACKOFF);
    tracing::warn!(watch = %id, %error, failures, retry_in = ?pause, "this watch could not be looked at");
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
    let read = watch.read();
    let seen = ask_polls(watch, &read, id, context, now);
    let mut decision = decide_on(watch, &read, seen.as_ref(), &remembered, context, now);
    show(id, &read, &decision, seen.as_ref(), context);
    let written = match store(&mut decision, watch, &read, &mut remembered, context, now).await? {
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

    let status = decision.status(read.status.as_ref());
    if let Some(want) = wants::want(watch, &read, status, &context.settings, now) {
        context.polls.want(id, want);
    }
    if let Some(seen) = &seen {
        context.polls.rendered(id, seen);
    }
    remembered.memory = decision.memory;
    remembered.own_write = written.or(own_write);
    remembered.failures = 0;
    context.watches.remember(id, remembered);
    context.set_alarm(id, decision.wake.map(|wake| Instant::now() + wake.unsigned_abs()));
    Ok(if read.unreadable.is_some() { Look::Invalid } else { Look::Done })
}

/// Says what the watch wants and hears what is known of it.
fn ask_polls(watch: &Watched, read: &Read, id: &WatchId, context: &Context, now: Timestamp) -> Option<Seen> {
    let Some(want) = wants::want(watch, read, read.status.as_ref(), &context.settings, now) else {
        context.polls.forget(id);
        return None;
    };
    context.polls.want(id, want);
    context.polls.newest(id)
}

fn decide_on(
    watch: &Watched,
    read: &Read,
    seen: Option<&Seen>,
    remembered: &Remembered,
    context: &Context,
    now: Timestamp,
) -> Decision {
    let nobody_asked = Pace::default();
    decide(&Input {
        spec: &read.spec,
        unreadable: read.unreadable.as_deref(),
        meta: Meta {
            generation: watch.metadata.generation.unwrap_or(0),
            uid: watch.metadata.uid.as_deref().unwrap_or_default(),
            created_at: watch.created_at(),
            request: watch.request(),
        },
        last: read.status.as_ref(),
        list: watch.list,
        facts: &watch.facts,
        observation: seen.and_then(|seen| seen.observation.as_deref()),
        settings: &context.settings,
        pace: seen.map_or(&nobody_asked, |seen| &seen.pace),
        memory: &remembered.memory,
        now,
    })
}

/// Shows in metrics what is decided, whether or not it can be stored.
fn show(id: &WatchId, read: &Read, decision: &Decision, seen: Option<&Seen>, context: &Context) {
    if let Some(problem) = &read.unreadable {
        tracing::warn!(watch = %id, problem, "the spec of this watch cannot be read");
        context.shown.reject(&id.namespace, &id.name);
    } else if let Some(status) = decision.status(read.status.as_ref()) {
        let interval = seen.map(|seen| seen.pace.effective_interval.unwrap_or(read.spec.interval.signed()));
        let reading = Reading::new(&read.spec, status, decision.memory.observed_at, interval);
        context.shown.show(&id.namespace, &id.name, reading);
    }
}

/// Tells events before the status that records them is stored: a kill in between tells them again under the same
/// name. One that cannot be told costs nothing else.
async fn tell(
    events: &[Event],
    watch: &Watched,
    remembered: &mut Remembered,
    context: &Context,
    now: Timestamp,
) {
    for event in events {
        tracing::info!(watch = %id_of(watch), reason = %event.reason, note = %event.note, "event");
        if !remembered.budgets.take(event.kind, now) {
            tracing::warn!(watch = %id_of(watch), reason = %event.reason, "too many events for this watch; not told");
            context.metrics.told(event.reason, Telling::OverBudget);
            continue;
        }
        let told = context.events.tell(watch, event, context.clock.now()).await;
        context.metrics.told(event.reason, if told.is_ok() { Telling::Told } else { Telling::Failed });
        if let Err(error) = told {
            let error = describe(&error);
            tracing::warn!(watch = %id_of(watch), reason = %event.reason, error, "the event could not be told");
        }
    }
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

/// Tells the events of a decision and stores its status.
async fn store(
    decision: &mut Decision,
    watch: &Watched,
    read: &Read,
    remembered: &mut Remembered,
    context: &Context,
    now: Timestamp,
) -> Result<Answer, Error> {
    let Some(status) = decision.write.as_ref().filter(|_| !decision.is_deferred) else {
        return Ok(Answer::Nothing);
    };
    let _turn = context.writers.acquire().await;
    tell(&decision.events, watch, remembered, context, now).await;
    let list = decision.list.as_deref();
    let (outcome, answer) =
        match status::write(&context.client, watch, status, list, &context.metrics.crd).await {
            Ok(stored) => {
                let status_now = stored.read().status;
                decision.memory.note_write(status, list, status_now.as_ref(), stored.list);
                let last = read.status.as_ref().map(meaning_of);
                let is_news = list.is_some() || last != Some(meaning_of(status));
                let outcome = if is_news { StatusWrite::News } else { StatusWrite::Heartbeat };
                (outcome, Ok(Answer::Stored(Arc::new(stored))))
            }
            Err(kube::Error::Api(refusal)) if refusal.is_not_found() => return Ok(Answer::Gone),
            Err(kube::Error::Api(refusal)) if refusal.code == 409 => {
                (StatusWrite::Overtaken, Ok(Answer::Overtaken))
            }
            // A server that checks the whole object takes no status of one with a spec that it calls wrong.
            Err(kube::Error::Api(refusal)) if refusal.code == 422 && read.unreadable.is_some() => {
                (StatusWrite::Failed, Ok(Answer::Nothing))
            }
            Err(error) => (StatusWrite::Failed, Err(Error::Status(error))),
        };
    context.metrics.wrote(outcome);
    answer
}

fn describe_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
