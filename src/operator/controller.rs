//! From the watch stream and the polls' news to reconciles.

use std::sync::Arc;

use futures::stream::SelectAll;
use futures::{Stream, StreamExt};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Resource};
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::departures::Departures;
use super::follow::follow;
use super::outage::{Outage, Report};
use super::progress::{Progress, is_unknown, name_of};
use super::reconcile::Context;
use super::runner::{Runner, Stores};
use super::watched::{Watched, id_of};
use crate::poll::{News, WatchId};
use crate::telemetry::Readiness;

type Event = Result<watcher::Event<Watched>, watcher::Error>;

/// After how many seconds without a word a watch stream is taken for dead. Bookmarks come about once a minute.
const WATCH_TIMEOUT_SECS: u32 = 120;

/// Which watches this operator works on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only those in these namespaces; empty: in all.
    pub namespaces: Vec<String>,
    /// Only those with these labels.
    pub label_selector: Option<String>,
}

/// Reconciles every watch in scope until `stop` is cancelled, then lets the reconciles under way finish.
///
/// Each namespace has a stream of its own: a list of one never makes the watches of another look deleted.
pub async fn run(
    context: Arc<Context>,
    scope: &Scope,
    news: News,
    readiness: Readiness,
    stop: CancellationToken,
) {
    let namespaces: Vec<Option<String>> = if scope.namespaces.is_empty() {
        vec![None]
    } else {
        scope.namespaces.iter().cloned().map(Some).collect()
    };
    context.metrics.lists.begin(namespaces.iter().map(|namespace| name_of(namespace.as_deref())));
    let (mut stores, mut changed) = (Stores::new(), SelectAll::new());
    for namespace in namespaces {
        let selector = scope.label_selector.as_deref();
        let (ids, store) = follow_watches(&context, namespace.clone(), selector, readiness.clone());
        stores.insert(namespace, store);
        changed.push(Box::pin(ids));
    }
    tokio::select! {
        () = Runner::new(context.clone(), stores).run(changed, news, stop) => {}
        // In the task of the reconciles, so that it stops when they block.
        () = context.pulse.keep_beating() => {}
    }
}

/// The watch stream of one namespace, or of all: stored, and reduced to the watches that ask for a reconcile at once.
fn follow_watches(
    context: &Arc<Context>,
    namespace: Option<String>,
    label_selector: Option<&str>,
    readiness: Readiness,
) -> (impl Stream<Item = Vec<WatchId>> + Send + 'static, Store<Watched>) {
    let api: Api<Watched> = match &namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    };
    let mut config = watcher::Config::default().timeout(WATCH_TIMEOUT_SECS);
    if let Some(selector) = label_selector {
        config = config.labels(selector);
    }
    let crd = context.metrics.crd.clone();
    let progress = Progress::new(name_of(namespace.as_deref()), context.metrics.lists.clone(), readiness);
    let mut departures = Departures::new(context.clone(), namespace.clone());
    let mut outage = Outage::default();
    let (store, writer) = reflector::store();
    let mut asking = Asking { context: context.clone(), changes: Changes::default(), listed: Vec::new() };
    let ids = follow(api, config)
        .default_backoff()
        .inspect(move |event| {
            // The announcement of a list in pages comes before anything was asked.
            if !matches!(event, Ok(watcher::Event::Init))
                && let Some(news) = outage.note(event)
            {
                log(&news, namespace.as_deref());
            }
            match event {
                Ok(event) => {
                    if !matches!(event, watcher::Event::Init) {
                        crd.find();
                    }
                    departures.notice(event);
                }
                Err(error) if is_unknown(error) => crd.miss(),
                Err(_) => {}
            }
        })
        .reflect(writer)
        .inspect(move |event| progress.note(event))
        .map(move |event| asking.take(event));
    (ids, store)
}

/// Which watches of a stream ask for a reconcile at once.
struct Asking {
    context: Arc<Context>,
    changes: Changes,
    /// Those of the list that is just coming in.
    listed: Vec<WatchId>,
}

impl Asking {
    /// Takes an event that the store has. What is listed waits for the end of the list, when all of it is stored.
    fn take(&mut self, event: Event) -> Vec<WatchId> {
        match event {
            Ok(watcher::Event::Apply(watch)) => {
                self.context.watches.note_stored(&watch);
                if self.changes.note(&watch) { vec![id_of(&watch)] } else { Vec::new() }
            }
            Ok(watcher::Event::InitApply(watch)) => {
                if self.changes.note(&watch) {
                    self.listed.push(id_of(&watch));
                }
                Vec::new()
            }
            Ok(watcher::Event::InitDone) => std::mem::take(&mut self.listed),
            Ok(watcher::Event::Delete(watch)) => {
                self.changes.forget(&watch);
                Vec::new()
            }
            // `Outage` reports the error, once and not at each try.
            Ok(watcher::Event::Init) | Err(_) => Vec::new(),
        }
    }
}

fn log(outage: &Report, namespace: Option<&str>) {
    let resource = Watched::plural(&());
    match outage {
        Report::Failing(error) => {
            tracing::warn!(namespace, error, "{resource} cannot be listed or watched; trying again");
        }
        Report::Over => tracing::info!(namespace, "{resource} can be listed and watched again"),
    }
}
