//! Why a target is polled next: of all that calls for a poll, the most pressing.

use tokio::time::Instant;

use super::tracked::Tracked;

/// Why a target is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A spec is new or changed, since then.
    Changed(Instant),
    /// Somebody asked for it, at that time.
    Requested(Instant),
    /// The last poll failed; from then on.
    Retry(Instant),
    /// One more poll must confirm what the last one saw.
    Streak,
    /// The numbers of the application moved, as a list showed then.
    Moved(Instant),
    /// Another list hinted at it; let through then.
    Hint(Instant),
    /// Its time has come.
    Clock,
}

impl Tracked {
    /// Why it is polled next.
    pub(crate) fn cause(&self) -> Cause {
        let watchers = || self.watchers.iter();
        if let Some(since) = watchers().filter_map(|watcher| watcher.changed).min() {
            Cause::Changed(since)
        } else if let Some(since) = watchers().filter_map(|watcher| watcher.requested).min() {
            Cause::Requested(since)
        } else if let Some(at) = self.retry_at {
            Cause::Retry(at)
        } else if self.confirms() {
            Cause::Streak
        } else if let Some(at) = self.moved {
            Cause::Moved(at)
        } else if let Some(at) = self.hinted {
            Cause::Hint(at)
        } else {
            Cause::Clock
        }
    }

    /// Whether a streak is open. One that is known from before the newest answer does not count: the answer may
    /// have ended it, and until the status can hold it, more of them would be for nothing.
    pub(crate) fn confirms(&self) -> bool {
        self.watchers.iter().any(|watcher| watcher.subscription.confirm && !watcher.unacknowledged)
    }
}
