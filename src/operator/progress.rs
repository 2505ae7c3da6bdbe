//! How far the watch stream of a namespace is: its list is in, or the API server refuses it.

use kube::runtime::watcher::{self, Event};

use super::follow::answer;
use crate::telemetry::{Lists, Readiness};

/// Follows the stream of one namespace.
pub(super) struct Progress {
    namespace: String,
    lists: Lists,
    readiness: Readiness,
}

impl Progress {
    /// Follows the stream of this namespace, by its [`name_of`]. The operator is ready once every namespace of `lists`
    /// has given its list or is refused.
    pub(super) fn new(namespace: &str, lists: Lists, readiness: Readiness) -> Self {
        Self { namespace: namespace.to_owned(), lists, readiness }
    }

    /// Notes what an event of the stream says of it.
    pub(super) fn note<K>(&self, event: &Result<Event<K>, watcher::Error>) {
        match event {
            // A stream that was refused begins with a list.
            Ok(Event::InitDone) => self.lists.receive(&self.namespace),
            Ok(_) => return,
            Err(error) => match answer(error).filter(|status| status.code == 403) {
                Some(status) => self.lists.refuse(&self.namespace, &status.message),
                None => return,
            },
        }
        if self.lists.are_settled() {
            self.readiness.reach();
        }
    }
}

/// The name of a namespace among the lists: that of all namespaces is empty.
pub(super) fn name_of(namespace: Option<&str>) -> &str {
    namespace.unwrap_or_default()
}

/// Whether the API server knows no such resource. A list of a known one is never "not found", also where its
/// namespace is.
pub(super) fn is_unknown(error: &watcher::Error) -> bool {
    answer(error).is_some_and(|status| status.code == 404)
}
