//! One look at one watch: what is wanted, what is known, what to decide, what to write.
//!
//! Nothing here asks SAE. An SAE failure is data; an `Err` is a failure of Kubernetes alone.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use kube::runtime::controller::Action;
use kube::{Api, Client, ResourceExt};
use tokio::time::Instant;

use super::alarms::Alarms;
use super::events::Events;
use super::watched::{Read, Watched, id_of};
use super::watches::{Remembered, Watches};
use super::{status, wants};
use crate::api::{InstanceStatus, SaeAppWatchSpec, SaeAppWatchStatus};
use crate::domain::freshness::whole_seconds;
use crate::domain::{Decision, Event, Input, Meta, Pace, Settings, decide, status_fingerprint};
use crate::poll::{Clock, Polls, Seen, WatchId};
use crate::telemetry::{self, Look, Metrics, Pulse, Reading, StatusWrite, Telling};

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
    clock: Clock,
    pub(super) metrics: Metrics,
    pub(super) pulse: Pulse,
    shown: Arc<telemetry::Watches>,
}

/// Why a look at a watch failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server did not take the status.
    #[error("cannot write the status: {0}")]
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
        Self { client, polls, settings, watches, alarms, events, clock, metrics, pulse, shown }
    }

    /// The pulse of the controllers.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The watches of which anything is known, those included that cannot be read.
    pub(super) fn ids(&self) -> BTreeSet<WatchId> {
        let shown = self.shown.names().into_iter().map(|(namespace, name)| WatchId { namespace, name });
        shown.chain(self.watches.ids()).collect()
    }

    /// Forgets a watch that is gone.
    pub(super) fn forget(&self, id: &WatchId) {
        self.polls.forget(id);
        self.alarms.reset(id, self.watches.forget(id), None);
        self.shown.forget(&id.namespace, &id.name);
    }

    fn now(&self) -> Timestamp {
        whole_seconds(self.clock.now())
    }
}

/// Looks at one watch.
///
/// # Errors
/// When Kubernetes fails, or this program does; [`retry`] says when to look again.
pub async fn reconcile(watch: Arc<Watched>, context: Arc<Context>) -> Result<Action, Error> {
    let (id, began) = (context.watches.shared(id_of(&*watch)), Instant::now());
    let result = AssertUnwindSafe(look(&watch, &id, &context)).catch_unwind().await;
    let result = result.unwrap_or_else(|panic| Err(Error::Panic(describe_panic(&*panic))));
    let outcome = result.as_ref().map_or_else(Error::outcome, |look| *look);
    context.metrics.looked(outcome, began.elapsed());
    result.map(|_| Action::await_change())
}

/// When to look again after a failure: soon, then later and later.
#[allow(clippy::needless_pass_by_value, reason = "the controller hands both over")]
pub fn retry(watch: Arc<Watched>, error: &Error, context: Arc<Context>) -> Action {
    let id = id_of(&*watch);
    let failures = context.watches.note_failure(&id);
    let pause = Duration::from_secs(1 << failures.saturating_sub(1).min(6)).min(MAX_BACKOFF);
    tracing::warn!(watch = %id, %error, failures, retry_in = ?pause, "this watch could not be looked at");
    Action::requeue(pause)
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
    let read = match watch.read() {
        Ok(read) => read,
        Err(problem) => {
            leave_alone(id, &problem, context);
            return Ok(Look::Invalid);
        }
    };

    let seen = ask_polls(watch, &read, id, context, now);
    let mut decision = decide_on(watch, &read, seen.as_ref(), &remembered, context, now);
    if let Some(status) = decision.status(read.status.as_ref()) {
        context.shown.show(&id.namespace, &id.name, reading(&read.spec, status, &decision, seen.as_ref()));
    }
    tell(&decision.events, watch, &mut remembered, context, now).await;
    let mut written = None;
    if let Some(status) = &decision.write {
        let list = decision.list.as_deref();
        let Some(stored) = write(status, list, watch, read.status.as_ref(), context).await? else {
            context.forget(id);
            return Ok(Look::Done);
        };
        let read = stored.read().ok().and_then(|read| read.status);
        decision.memory.note_write(status, list.is_some(), read.as_ref(), stored.list);
        written = Some(Arc::new(stored));
    }

    let status = decision.status(read.status.as_ref());
    if let Some(want) = wants::want(watch, &read.spec, status, &context.settings, now) {
        context.polls.want(id, want);
    }
    if let Some(seen) = &seen {
        context.polls.rendered(id, seen);
    }
    let own_write = written.or(own_write);
    remembered.memory = decision.memory;
    remembered.own_write = own_write;
    remembered.failures = 0;
    let alarm = decision.wake.map(|wake| Instant::now() + wake.unsigned_abs());
    context.alarms.reset(id, std::mem::replace(&mut remembered.alarm, alarm), alarm);
    context.watches.remember(id, remembered);
    Ok(Look::Done)
}

/// Nothing can be said of a watch whose spec cannot be read; the others must not suffer for it.
fn leave_alone(id: &WatchId, problem: &serde_json::Error, context: &Context) {
    tracing::warn!(watch = %id, error = %problem, "this watch cannot be read and is left alone until it changes");
    context.forget(id);
    context.shown.reject(&id.namespace, &id.name);
}

/// Says what the watch wants and hears what is known of it.
fn ask_polls(watch: &Watched, read: &Read, id: &WatchId, context: &Context, now: Timestamp) -> Option<Seen> {
    let Some(want) = wants::want(watch, &read.spec, read.status.as_ref(), &context.settings, now) else {
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
        meta: Meta {
            generation: watch.metadata.generation.unwrap_or(0),
            uid: watch.metadata.uid.as_deref().unwrap_or_default(),
            request: watch.request(),
        },
        last: read.status.as_ref(),
        list: watch.list,
        instances: &watch.facts,
        observation: seen.and_then(|seen| seen.observation.as_deref()),
        settings: &context.settings,
        pace: seen.map_or(&nobody_asked, |seen| &seen.pace),
        memory: &remembered.memory,
        now,
    })
}

/// What metrics show of the watch, whether or not its status can be stored.
fn reading(
    spec: &SaeAppWatchSpec,
    status: &SaeAppWatchStatus,
    decision: &Decision,
    seen: Option<&Seen>,
) -> Reading {
    let interval = seen.map(|seen| seen.pace.effective_interval.unwrap_or(spec.interval.signed()));
    Reading::new(spec, status, decision.memory.observed_at, interval)
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
            tracing::warn!(watch = %id_of(watch), reason = %event.reason, %error, "the event could not be told");
        }
    }
}

/// Stores a status, and the list if it is news: the watch since then; `None` where there is no such watch any more.
async fn write(
    status: &SaeAppWatchStatus,
    list: Option<&[InstanceStatus]>,
    watch: &Watched,
    last: Option<&SaeAppWatchStatus>,
    context: &Context,
) -> Result<Option<Watched>, Error> {
    let namespace = watch.namespace().unwrap_or_default();
    let api: Api<Watched> = Api::namespaced(context.client.clone(), &namespace);
    let crd = &context.metrics.crd;
    match status::apply(&api, watch, last, status, list, crd).await {
        Ok(stored) => {
            let is_news = list.is_some() || last.map(status_fingerprint) != Some(status_fingerprint(status));
            context.metrics.wrote(if is_news { StatusWrite::News } else { StatusWrite::Heartbeat });
            Ok(Some(stored))
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
        Err(error) => {
            let is_overtaken = matches!(&error, kube::Error::Api(status) if status.code == 409);
            context.metrics.wrote(if is_overtaken { StatusWrite::Overtaken } else { StatusWrite::Failed });
            Err(Error::Status(error))
        }
    }
}

fn describe_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
