//! One reconcile of one watch: what to poll, what is known, what to decide, what to write.
//!
//! No request to SAE is made here. An SAE failure is data; an `Err` is a failure of Kubernetes alone.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::backoff;
use super::context::Context;
use super::diagnosis::Diagnosed;
use super::status::{self, Written};
use super::visit::{Visit, look_up};
use super::watched::Watched;
use super::watches::Current;
use crate::api::SaeAppWatchStatus;
use crate::cluster::describe;
use crate::domain::{
    ConditionType, Decision, Identity, Input, Memory, Pace, Truth, decide, status_fingerprint,
    withholds_targets,
};
use crate::poll::{Polls, Snapshot, Subscription, WatchId};
use crate::telemetry::{Outcome, Reading, WriteKind, WriteOutcome};

/// Why a reconcile failed.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The API server did not take the status.
    #[error("cannot write the status: {}", describe(.0))]
    Status(#[source] kube::Error),
    /// The API server did not answer whether it took an event.
    #[error("cannot emit an event: {}", describe(.0))]
    Event(#[source] kube::Error),
    /// A mistake in this program, kept to the one watch that met it.
    #[error("a mistake in saewatch, please report it: {0}")]
    Panic(String),
}

/// Reconciles one watch, which is `stored` in this version. Returns in how long to reconcile it again if nothing happens
/// before.
pub(super) async fn reconcile(id: &WatchId, stored: Arc<Watched>, context: &Context) -> Option<Duration> {
    let began = Instant::now();
    let result = AssertUnwindSafe(try_reconcile(id, stored, context)).catch_unwind().await;
    let result = result.unwrap_or_else(|panic| Err(Error::Panic(describe_panic(&*panic))));
    let (outcome, again) = match result {
        Ok((outcome, again)) => (outcome, again),
        Err(error) => (outcome_of(&error), Some(back_off(id, &error, context))),
    };
    context.metrics.reconciled(outcome, began.elapsed());
    again
}

fn outcome_of(error: &Error) -> Outcome {
    match error {
        Error::Status(_) | Error::Event(_) => Outcome::Error,
        Error::Panic(_) => Outcome::Panic,
    }
}

/// In how long to try again after a failure: soon, then later and later.
fn back_off(id: &WatchId, error: &Error, context: &Context) -> Duration {
    let failures = context.watches.note_failure(id);
    let pause = backoff::after(failures);
    if failures == 1 {
        tracing::warn!(watch = %id, %error, retry_in = ?pause, "the reconcile failed; trying again");
    } else {
        // It was reported once; an outage of an hour would otherwise be a line a minute for each watch.
        tracing::debug!(watch = %id, %error, failures, retry_in = ?pause, "the reconcile failed again");
    }
    pause
}

async fn try_reconcile(
    id: &WatchId,
    stored: Arc<Watched>,
    context: &Context,
) -> Result<(Outcome, Option<Duration>), Error> {
    let now = context.now();
    let mut current = context.watches.current(id, stored, now);
    let watch = current.watch.clone();
    if watch.metadata.deletion_timestamp.is_some() {
        context.retire(id);
        return Ok((Outcome::Success, None));
    }
    let read = watch.read();
    let Some(lookup) = look_up(id, &watch, &read, context) else {
        // Reconciled again once it is known which accounts there are.
        context.attach(id, &read.spec, None);
        return Ok((Outcome::Success, None));
    };
    let visit = Visit { id, watch: &watch, read, lookup: &lookup, context, now };
    let polls = visit.subscribe(visit.read.status.as_ref(), &current);
    let seen = polls.as_ref().and_then(|polls| polls.latest(id)).or_else(|| visit.unverified());
    let mut decision = visit.decide(seen.as_ref(), &current.memory);
    visit.show(&decision, seen.as_ref());
    match visit.store(&mut decision, &mut current, polls.as_ref()).await? {
        None => {}
        Some(Written::Stored(written)) => current.watch = written,
        Some(Written::Conflict) => {
            let is_here = context.watches.note_conflict(id, watch.version());
            return Ok((Outcome::Success, Some(wait_for_newer(is_here))));
        }
    }

    let diagnosed = visit.store_diagnosis(&decision, &mut current, polls.as_ref(), seen.as_ref()).await;
    if (decision.write.is_some() || diagnosed.is_some()) && !visit.is_overtaken(polls.as_ref()) {
        visit.subscribe(decision.status(visit.read.status.as_ref()), &current);
    }
    if let Some((polls, seen)) = polls.zip(seen) {
        polls.acknowledge(id, &seen);
    }
    let is_unanswered = diagnosed == Some(Diagnosed::Unanswered);
    current.failures = if is_unanswered { current.failures.saturating_add(1) } else { 0 };
    current.memory = decision.memory;
    let version = current.watch.version();
    context.watches.keep(id, current);
    let outcome = if visit.read.unreadable.is_some() { Outcome::Invalid } else { Outcome::Success };
    let again = match diagnosed {
        Some(Diagnosed::Conflict) => Some(wait_for_newer(context.watches.await_newer(id, version))),
        Some(Diagnosed::Unanswered) => Some(backoff::LONGEST),
        Some(Diagnosed::Settled) | None => None,
    };
    let wake = decision.wake.map(SignedDuration::unsigned_abs);
    Ok((outcome, wake.into_iter().chain(again).min()))
}

/// In how long to reconcile after a conflict: at once if the store has what is newer, else when it comes. A conflict
/// without anything newer would otherwise leave a suspended watch, which has no polls, as it is for ever.
fn wait_for_newer(is_here: bool) -> Duration {
    if is_here { Duration::ZERO } else { backoff::LONGEST }
}

impl Visit<'_> {
    /// Subscribes to what the watch needs polled while it shows this status. Returns who polls for it, if anybody has to.
    fn subscribe(&self, status: Option<&SaeAppWatchStatus>, current: &Current) -> Option<Polls> {
        let spec = &self.read.spec;
        let want = Subscription::new(spec, status, self.meta(), &self.lookup.access, self.now);
        let want = want.filter(|_| self.read.unreadable.is_none());
        let want = want.map(|want| {
            let diagnosis = status.and_then(|status| self.wanted_diagnosis(status, &want.target, current));
            Subscription {
                namespace: diagnosis.and(status).and_then(|status| status.namespace_id.clone()),
                of_set: self.watch.is_of_set(),
                diagnosis,
                diagnosed_at: self.diagnosed_at(current),
                ..want
            }
        });
        let polls = want.and_then(|want| Some((self.lookup.polls.clone()?, want)));
        self.context.attach(self.id, spec, polls.as_ref().map(|(polls, _)| polls));
        let (polls, want) = polls?;
        polls.subscribe(self.id, want);
        Some(polls)
    }

    /// How the polls go of a watch whose account is not verified yet.
    fn unverified(&self) -> Option<Snapshot> {
        let pace = self.lookup.pace.clone()?;
        Some(Snapshot { pace, observation: None, identity: Identity::default(), diagnosis: None })
    }

    fn decide(&self, seen: Option<&Snapshot>, memory: &Memory) -> Decision {
        decide(&Input {
            spec: &self.read.spec,
            unreadable: self.read.unreadable.as_deref(),
            meta: self.meta(),
            last: self.read.status.as_ref(),
            list: self.watch.list,
            instances: &self.watch.facts,
            observation: seen.and_then(|seen| seen.observation.as_deref()),
            settings: &self.context.settings,
            access: &self.lookup.access,
            identity: seen.map_or(&Identity::default(), |seen| &seen.identity),
            pace: seen.map_or(&Pace::default(), |seen| &seen.pace),
            memory,
            now: self.now,
        })
    }

    /// Shows in metrics what is decided, whether or not it can be stored.
    fn show(&self, decision: &Decision, seen: Option<&Snapshot>) {
        let (series, WatchId { namespace, name }) = (&self.context.watch_series, self.id);
        if let Some(targets) = &self.context.targets {
            let status = decision.status(self.read.status.as_ref());
            let withholds =
                |status: &SaeAppWatchStatus| withholds_targets(&status.conditions, self.read.names_account);
            targets.withhold(namespace, name, status.is_some_and(withholds));
        }
        if let Some(problem) = &self.read.unreadable {
            tracing::warn!(watch = %self.id, problem, "the spec of this watch cannot be read");
            series.reject(namespace, name);
        } else if let Some(status) = decision.status(self.read.status.as_ref()) {
            let spec = &self.read.spec;
            let interval = seen.map(|seen| seen.pace.effective_interval.unwrap_or(spec.interval.signed()));
            let observed_at = decision.memory.observed_at;
            let reading = Reading::new(spec, status, &self.lookup.access, observed_at, interval);
            let named = spec.account_ref.as_ref().map(|account| &account.name);
            series.show(namespace, name, status.account.as_ref().or(named), reading);
            if named.is_some() || self.watch.membership.is_some() {
                let is_ready = Truth::of(&status.conditions, ConditionType::Ready) == Some(Truth::True);
                self.context.watches.note_shown(self.id, is_ready, status.health);
            }
        }
    }

    /// Emits the events of a decision and stores its status, in this order: a kill in between emits them again under
    /// the same names. Returns what became of the status; `None` if there is none to store, or it cannot be stored.
    async fn store(
        &self,
        decision: &mut Decision,
        current: &mut Current,
        polls: Option<&Polls>,
    ) -> Result<Option<Written<Watched>>, Error> {
        let Some(status) = decision.write.as_ref().filter(|_| !decision.is_deferred) else {
            return Ok(None);
        };
        let Context { client, metrics, .. } = self.context;
        self.emit(&decision.events, current).await.map_err(Error::Event)?;
        if self.is_overtaken(polls) {
            // The change of its account has made the next reconcile due.
            return Ok(Some(Written::Conflict));
        }
        let (list, drops_diagnosis) = (decision.list.as_deref(), self.drops_diagnosis(status));
        let before = self.read.status.as_ref().map(status_fingerprint);
        let is_change = list.is_some() || before != Some(status_fingerprint(status));
        let kind = if is_change { WriteKind::Change } else { WriteKind::Heartbeat };
        let written =
            match status::write(client, self.watch, status, list, drops_diagnosis, &metrics.crd).await {
                Ok(written) => written,
                // A server that checks the whole object takes no status of one with a spec that it calls wrong.
                Err(kube::Error::Api(refusal)) if refusal.code == 422 && self.read.unreadable.is_some() => {
                    metrics.wrote(kind, WriteOutcome::Error);
                    return Ok(None);
                }
                Err(error) => {
                    metrics.wrote(kind, WriteOutcome::Error);
                    return Err(Error::Status(error));
                }
            };
        match &written {
            Written::Stored(stored) => {
                decision.memory.note_write(status, list, stored.read().status.as_ref(), stored.list);
                metrics.wrote(kind, WriteOutcome::Success);
            }
            Written::Conflict => metrics.wrote(kind, WriteOutcome::Conflict),
        }
        Ok(Some(written))
    }
}

fn describe_panic(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
