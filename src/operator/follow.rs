//! The watch stream: a streamed list where the server has them, else a list in pages.

use std::fmt::Debug;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::core::Status;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

type Events<K> = BoxStream<'static, Result<Event<K>, watcher::Error>>;

/// Follows resources. A streamed list takes half the memory of a paged one, and a server may have it switched off
/// (`WatchList` feature gate); that server answers 422 once and gets paged lists from then on.
pub(super) fn follow<K>(
    api: Api<K>,
    config: watcher::Config,
) -> impl Stream<Item = Result<Event<K>, watcher::Error>> + Send
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let streamed: Events<K> = watcher(api.clone(), config.clone().streaming_lists()).boxed();
    stream::unfold((streamed, Some((api, config))), |(mut events, mut paged)| async move {
        let event = events.next().await?;
        if let Err(error) = &event
            && answer(error).is_some_and(|status| matches!(status.code, 400 | 422))
            && let Some((api, config)) = paged.take()
        {
            tracing::info!("the API server has no streamed lists; reading pages instead");
            let mut events: Events<K> = watcher(api, config).boxed();
            let event = events.next().await?;
            return Some((event, (events, None)));
        }
        Some((event, (events, paged)))
    })
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
