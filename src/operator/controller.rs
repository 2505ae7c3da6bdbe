//! From the watch stream and the polls' news to reconciles.

use std::sync::Arc;

use futures::stream::{BoxStream, FuturesUnordered, SelectAll};
use futures::{FutureExt, StreamExt};
use kube::core::Selector;
use kube::{Api, Resource};
use tokio_util::sync::CancellationToken;

use super::accounts;
use super::context::Context;
use super::follow::follow;
use super::outage::Outage;
use super::progress::{Progress, is_unknown, name_of};
use super::runner::Runner;
use super::sets;
use super::streamed::Streamed;
use super::targets::ForTargets;
use super::trigger::Trigger;
use super::watched::Watched;
use crate::poll::{News, NewsSender, WatchId};
use crate::telemetry::{Listing, Readiness, Watchdog};

/// Which watches this operator works on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only those in these namespaces; empty: in all.
    pub namespaces: Vec<String>,
    /// Only those with these labels.
    pub label_selector: Option<Selector>,
}

impl Scope {
    /// The namespaces, each with a stream of its own; `None`: one stream of all.
    pub(super) fn namespaces(&self) -> Vec<Option<String>> {
        if self.namespaces.is_empty() {
            vec![None]
        } else {
            self.namespaces.iter().cloned().map(Some).collect()
        }
    }
}

/// Reconciles every watch in scope until `stop` is cancelled, then lets the reconciles under way finish. Without
/// `accounts` no SaeAccount is followed, and without sets in the context no SaeAppWatchSet.
///
/// Each namespace has a stream of its own: a list of one never makes the watches of another look deleted.
pub async fn run(
    context: Arc<Context>,
    scope: &Scope,
    accounts: Option<accounts::Settings>,
    (sender, news): (NewsSender, News),
    readiness: Readiness,
    watchdog: &Watchdog,
    stop: CancellationToken,
) {
    let namespaces = scope.namespaces();
    context.metrics.lists.begin(namespaces.iter().map(|namespace| name_of(namespace.as_deref())));
    if accounts.is_some() {
        context.metrics.lists.await_accounts();
    }
    let follow_accounts = follow_accounts(accounts, &context, sender, &readiness, &stop);
    let mut changed = SelectAll::new();
    for namespace in namespaces {
        let selector = scope.label_selector.as_ref();
        changed.push(if context.targets.is_some() {
            follow_watches::<Listing>(&context, namespace, selector, readiness.clone())
        } else {
            follow_watches::<()>(&context, namespace, selector, readiness.clone())
        });
    }
    let follow_sets = follow_sets(&context, scope, &stop);
    let reconciles = Runner::new(context).run(changed, news, stop);
    // Each is polled only when something wakes it: within `join!` every reconcile would poll the stream of accounts.
    let mut controllers: FuturesUnordered<_> =
        [reconciles.boxed(), follow_accounts.boxed(), follow_sets.boxed()].into_iter().collect();
    let controllers = async { while controllers.next().await.is_some() {} };
    tokio::select! {
        () = controllers => {}
        // In the task of the reconciles, so that it stops when they block.
        () = watchdog.keep_fed() => {}
    }
}

/// Follows the accounts, if they are used.
fn follow_accounts(
    settings: Option<accounts::Settings>,
    context: &Arc<Context>,
    news: NewsSender,
    readiness: &Readiness,
    stop: &CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = settings.map(|settings| {
        accounts::Controller::new(settings, context.clone(), news, readiness.clone(), stop.clone())
    });
    async move {
        if let Some(controller) = controller {
            controller.run().await;
        }
    }
}

/// Follows the sets, if they are used.
fn follow_sets(
    context: &Arc<Context>,
    scope: &Scope,
    stop: &CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let changes = context.sets.clone();
    let controller =
        changes.map(|changes| sets::Controller::new(context.clone(), changes, scope.clone(), stop.clone()));
    async move {
        if let Some(controller) = controller {
            controller.run().await;
        }
    }
}

/// The watch stream of one namespace, or of all: stored, and reduced to the watches for which a reconcile is due.
fn follow_watches<T: ForTargets>(
    context: &Arc<Context>,
    namespace: Option<String>,
    label_selector: Option<&Selector>,
    readiness: Readiness,
) -> BoxStream<'static, Vec<WatchId>> {
    let api: Api<Streamed<T>> = match &namespace {
        Some(namespace) => Api::namespaced(context.client.clone(), namespace),
        None => Api::all(context.client.clone()),
    };
    let crd = context.metrics.crd.clone();
    let progress = Progress::new(name_of(namespace.as_deref()), context.metrics.lists.clone(), readiness);
    let mut trigger = Trigger::new(context.clone(), namespace.clone());
    let mut outage = Outage::default();
    follow(api, label_selector)
        .inspect(move |event| {
            if let Some(report) = outage.note(event) {
                report.log(&Watched::plural(&()), namespace.as_deref());
            }
            match event {
                Ok(_) => crd.find(),
                Err(error) if is_unknown(error) => crd.miss(),
                Err(_) => {}
            }
        })
        .inspect(move |event| progress.note(event))
        .map(move |event| trigger.take(event))
        .boxed()
}
