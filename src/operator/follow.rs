//! The watch stream: a streamed list where the server has them, else a list in pages.

use std::fmt::Debug;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::core::{Selector, Status};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, InitialListStrategy, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

/// After how many seconds without an event a watch stream is taken for dead. Bookmarks come about once a minute.
const WATCH_TIMEOUT_SECS: u32 = 120;

type Outcome<K> = Result<Event<K>, watcher::Error>;

/// Follows the resources with these labels, or all; after an error again, later and later. A streamed list takes half the
/// memory of a paged one, and a server may have it switched off (`WatchList` feature gate); that server answers 422 once
/// and gets paged lists from then on.
///
/// Each event comes from an answer of the server, so that [`Ok`] says that it can be listed or watched.
pub(super) fn follow<K>(
    api: Api<K>,
    label_selector: Option<&Selector>,
) -> impl Stream<Item = Outcome<K>> + Send + use<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut config = watcher::Config::default().timeout(WATCH_TIMEOUT_SECS);
    if let Some(selector) = label_selector {
        config = config.labels_from(selector);
    }
    let outcomes = stream::unfold(Follower::new(api, config.streaming_lists()), |mut follower| async move {
        let outcome = follower.next().await?;
        Some((outcome, follower))
    });
    outcomes.default_backoff()
}

struct Follower<K> {
    api: Api<K>,
    config: watcher::Config,
    outcomes: BoxStream<'static, Outcome<K>>,
    /// The first answer to a list that was just announced.
    first: Option<Outcome<K>>,
}

impl<K> Follower<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    fn new(api: Api<K>, config: watcher::Config) -> Self {
        let outcomes = watcher(api.clone(), config.clone()).boxed();
        Self { api, config, outcomes, first: None }
    }

    async fn next(&mut self) -> Option<Outcome<K>> {
        loop {
            let outcome = self.answered().await?;
            match outcome.as_ref().err().and_then(answer).map(|status| status.code) {
                Some(400 | 422) if !self.is_paged() => {
                    tracing::info!("the API server has no streamed lists; reading pages instead");
                    self.config.initial_list_strategy = InitialListStrategy::ListWatch;
                    self.list_again();
                }
                // A watch that goes on where it ended brings nothing until something changes. Until then no event says that
                // the right, or the definition, is back.
                Some(403 | 404) => {
                    self.list_again();
                    return Some(outcome);
                }
                Some(_) | None => return Some(outcome),
            }
        }
    }

    /// What the server answers. A list in pages is announced before it is requested, again at each try, and that would
    /// reset the backoff each time.
    async fn answered(&mut self) -> Option<Outcome<K>> {
        if self.first.is_some() {
            return self.first.take();
        }
        let outcome = self.outcomes.next().await?;
        if !(self.is_paged() && matches!(outcome, Ok(Event::Init))) {
            return Some(outcome);
        }
        let first = self.outcomes.next().await?;
        if first.is_err() {
            return Some(first);
        }
        self.first = Some(first);
        Some(outcome)
    }

    fn is_paged(&self) -> bool {
        self.config.initial_list_strategy == InitialListStrategy::ListWatch
    }

    fn list_again(&mut self) {
        self.outcomes = watcher(self.api.clone(), self.config.clone()).boxed();
    }
}

/// The answer that a stream failed with, if the API server gave one.
pub(super) fn answer(error: &watcher::Error) -> Option<&Status> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status),
        watcher::Error::InitialListFailed(_)
        | watcher::Error::WatchStartFailed(_)
        | watcher::Error::WatchFailed(_)
        | watcher::Error::NoResourceVersion => None,
    }
}

/// Why the objects of a kind, by its plural, cannot be listed, if that will not pass by itself.
pub(super) fn unavailable(error: &watcher::Error, kinds: &str) -> Option<String> {
    match answer(error)?.code {
        404 => {
            Some(format!("the API server does not know {kinds}: their CustomResourceDefinition is missing"))
        }
        // What the API server says of the operator is in the log, and not for those who write watches.
        403 => Some(format!("the operator may not list {kinds}")),
        _ => None,
    }
}
