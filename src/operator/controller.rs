//! From the watch stream and the polls' news to reconciles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use kube::runtime::controller::{self, Controller};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Resource};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;

use super::follow::{follow, refusal};
use super::reconcile::{Context, reconcile, retry};
use super::trigger::Trigger;
use super::watched::Watched;
use crate::poll::{News, WatchId};
use crate::telemetry::Readiness;

/// Watches looked at at the same time. Most wait for the API server, so this is a bound on open connections and
/// not on speed: 10,000 watches take seconds at 32.
const CONCURRENCY: u16 = 32;
/// The pause after so many alarms: as long as such looks take, so that no line of thousands forms, the room of which
/// the controller would keep.
const BREATH: Duration = Duration::from_millis(5);
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

/// Looks at every watch in scope until `stop` is cancelled, then lets the looks under way finish.
///
/// One namespace is one controller: a list of one never makes the watches of another look deleted.
pub async fn run(
    context: Arc<Context>,
    scope: &Scope,
    mut news: News,
    readiness: Readiness,
    stop: CancellationToken,
) {
    let namespaces: Vec<Option<String>> = if scope.namespaces.is_empty() {
        vec![None]
    } else {
        scope.namespaces.iter().cloned().map(Some).collect()
    };
    let mut letterboxes = HashMap::new();
    let mut controllers = Vec::new();
    let mut stores = Vec::new();
    for namespace in namespaces {
        let (letters, letterbox) = mpsc::unbounded_channel();
        letterboxes.insert(namespace.clone(), letters);
        let (trigger, store) = follow_watches(&context, namespace, scope.label_selector.as_deref());
        stores.push(store.clone());
        controllers.push(work(trigger, store, context.clone(), letterbox, stop.clone()));
    }
    let become_ready = async {
        for store in &stores {
            // The writer is dropped only when the controller ends, and then nobody is ready.
            if store.wait_until_ready().await.is_err() {
                return;
            }
        }
        readiness.reach();
    };
    let deliver = async {
        let mut rung = 0;
        loop {
            let id = tokio::select! {
                biased;
                Some(id) = news.recv() => id,
                id = context.alarms.next() => {
                    rung += 1;
                    id
                }
            };
            let letters = letterboxes.get(&None).or_else(|| letterboxes.get(&Some(id.namespace.to_string())));
            // A closed box belongs to a controller that has stopped, and so has everything it worked on.
            letters.map(|letters| letters.send(id));
            if rung == CONCURRENCY {
                rung = 0;
                sleep(BREATH).await;
            }
        }
    };
    let attend = futures::future::join(become_ready, deliver);
    tokio::select! {
        _ = futures::future::join_all(controllers) => {}
        _ = attend => {}
        // In the task of the controllers, so that it stops when they block.
        () = context.pulse.keep_beating() => {}
    }
}

/// Looks at the watches of one stream until `stop` is cancelled.
async fn work(
    trigger: impl Stream<Item = Result<Watched, watcher::Error>> + Send + 'static,
    store: Store<Watched>,
    context: Arc<Context>,
    letters: mpsc::UnboundedReceiver<WatchId>,
    stop: CancellationToken,
) {
    let news = UnboundedReceiverStream::new(letters).map(|id| ObjectRef::new(&id.name).within(&id.namespace));
    let looks = Controller::for_stream(trigger, store.clone())
        .with_config(controller::Config::default().concurrency(CONCURRENCY))
        .reconcile_on(news)
        .graceful_shutdown_on(stop.clone().cancelled_owned())
        .run(reconcile, retry, context.clone())
        .for_each(|result| {
            report(result, &context);
            std::future::ready(())
        });
    // A controller that is stopped before its first list is in would wait for that list for ever.
    let stop_unlisted = async {
        stop.cancelled().await;
        if store.wait_until_ready().now_or_never().is_some() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = looks => {}
        () = stop_unlisted => {}
    }
}

/// The watch stream of one namespace, or of all: stored, and reduced to what asks for a look at once.
fn follow_watches(
    context: &Arc<Context>,
    namespace: Option<String>,
    label_selector: Option<&str>,
) -> (impl Stream<Item = Result<Watched, watcher::Error>> + Send + 'static, Store<Watched>) {
    let api: Api<Watched> = match &namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    };
    let mut config = watcher::Config::default().timeout(WATCH_TIMEOUT_SECS);
    if let Some(selector) = label_selector {
        config = config.labels(selector);
    }
    let crd = context.metrics.crd.clone();
    let mut trigger = Trigger::new(context.clone(), namespace);
    let (store, writer) = reflector::store();
    let events = follow(api, config)
        .default_backoff()
        .inspect(move |event| match event {
            // The announcement of a list in pages comes before anything was asked.
            Ok(watcher::Event::Init) => {}
            Ok(_) => crd.find(),
            // A list of a known resource is never "not found", also where its namespace is.
            Err(error) if refusal(error) == Some(404) => crd.miss(),
            Err(_) => {}
        })
        .reflect(writer)
        .filter_map(move |event| std::future::ready(trigger.take(event)));
    (events, store)
}

type Looked = Result<
    (ObjectRef<Watched>, controller::Action),
    controller::Error<super::reconcile::Error, watcher::Error>,
>;

fn report(result: Looked, context: &Context) {
    match result {
        Ok((watch, action)) => tracing::debug!(%watch, ?action, "looked"),
        // `retry` has logged it.
        Err(controller::Error::ReconcilerFailed(..)) => {}
        Err(controller::Error::ObjectNotFound(gone)) => {
            let id = WatchId {
                namespace: gone.namespace.as_deref().unwrap_or_default().into(),
                name: gone.name.as_str().into(),
            };
            context.forget(&id);
        }
        Err(controller::Error::QueueError(error)) => {
            tracing::warn!(%error, "{} cannot be listed or watched; trying again", Watched::plural(&()));
        }
        Err(controller::Error::RunnerError(error)) => {
            tracing::error!(%error, "the controller's runner failed");
        }
    }
}
