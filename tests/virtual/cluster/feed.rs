//! A watch stream: what changed since a version, with bookmarks, until its time is over.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::Stream;
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Cluster;
use super::call::Asked;
use super::store::Resource;

/// How often a quiet stream says where it is.
const BOOKMARKS: Duration = Duration::from_secs(60);

/// One open stream.
struct Feed {
    cluster: Cluster,
    resource: Resource,
    namespace: Option<String>,
    /// What is said next.
    queue: VecDeque<Value>,
    /// Everything up to this version was said.
    version: u64,
    ends_at: Instant,
    bookmark_at: Instant,
    /// Which of the connections it belongs to.
    cut: u64,
    changes: watch::Receiver<()>,
    /// What it has brought, for [`Cluster::is_followed`].
    brought: Arc<AtomicU64>,
}

/// Opens a stream.
pub fn feed(
    cluster: &Cluster,
    asked: &Asked,
    streams_list: bool,
) -> impl Stream<Item = Result<String, Infallible>> + use<> {
    let mut state = cluster.state();
    let brought = Arc::<AtomicU64>::default();
    if asked.resource == Resource::Watches {
        state.feeds.push(Arc::downgrade(&brought));
    }
    let now = Instant::now();
    let mut feed = Feed {
        cluster: cluster.clone(),
        resource: asked.resource,
        namespace: asked.namespace.clone(),
        queue: VecDeque::new(),
        version: asked.number("resourceVersion").unwrap_or_default(),
        ends_at: now + Duration::from_secs(asked.number("timeoutSeconds").unwrap_or(290)),
        bookmark_at: now + BOOKMARKS,
        cut: state.cut,
        changes: state.changes.subscribe(),
        brought,
    };
    if streams_list {
        let added = |object: &Value| json!({"type": "ADDED", "object": object});
        // It comes from the watch cache, which may be behind.
        let (list, version) =
            state.store(feed.resource).list_as_of(now - state.lag, feed.namespace.as_deref());
        feed.queue.extend(list.into_iter().map(added));
        feed.version = version;
        let end = json!({"k8s.io/initial-events-end": "true"});
        feed.queue.push_back(bookmark(feed.resource, feed.version, &end));
    } else if feed.version < state.store(feed.resource).compacted {
        let gone = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 410,
            "reason": "Expired", "message": format!("too old resource version: {}", feed.version),
        });
        feed.queue.push_back(json!({"type": "ERROR", "object": gone}));
        feed.ends_at = now;
    }
    drop(state);
    stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(format!("{event}\n")), feed))
    })
}

impl Feed {
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            // Only who has taken in the event before asks for the next.
            self.brought.store(self.version, Ordering::Relaxed);
            let wake_at = self.look()?;
            if self.queue.is_empty() {
                tokio::select! {
                    () = sleep_until(wake_at) => {}
                    changed = self.changes.changed() => changed.ok()?,
                }
            }
        }
    }

    /// Queues what there is to say now, and says when to look again; `None` at the end of the stream.
    fn look(&mut self) -> Option<Instant> {
        let state = self.cluster.state();
        let now = Instant::now();
        if state.cut != self.cut || now >= self.ends_at {
            return None;
        }
        let mut wake_at = self.ends_at.min(self.bookmark_at);
        let history = &state.store(self.resource).history;
        let news = history.partition_point(|change| change.version <= self.version);
        for change in &history[news..] {
            if change.at + state.lag > now {
                wake_at = wake_at.min(change.at + state.lag);
                break;
            }
            self.version = change.version;
            if self.namespace.as_deref().is_none_or(|ours| change.object["metadata"]["namespace"] == ours) {
                self.queue.push_back(json!({"type": change.kind, "object": change.object}));
            }
        }
        if self.queue.is_empty() && now >= self.bookmark_at {
            self.queue.push_back(bookmark(self.resource, self.version, &json!({})));
            self.bookmark_at = now + BOOKMARKS;
        }
        Some(wake_at)
    }
}

fn bookmark(resource: Resource, version: u64, annotations: &Value) -> Value {
    json!({"type": "BOOKMARK", "object": {
        "apiVersion": "saewatch.dev/v1alpha1", "kind": resource.kind(),
        "metadata": {"resourceVersion": version.to_string(), "annotations": annotations},
    }})
}
