//! When each watch is reconciled again if nothing happens before.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use tokio_util::time::DelayQueue;
use tokio_util::time::delay_queue::Key;

use crate::poll::WatchId;

/// The longest delay. The queue's timer panics beyond some two years; a reconcile too many harms nothing.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// The wakeups of all watches.
#[derive(Debug, Default)]
pub(super) struct Wakeups {
    queue: DelayQueue<WatchId>,
    keys: HashMap<WatchId, Key>,
}

impl Wakeups {
    /// Sets the wakeup of a watch in the place of the one it had; `None` is no wakeup.
    pub(super) fn set(&mut self, id: &WatchId, after: Option<Duration>) {
        match (self.keys.get(id), after.map(|after| after.min(LONGEST))) {
            (Some(key), Some(after)) => self.queue.reset(key, after),
            (Some(_), None) => {
                self.keys.remove(id).map(|key| self.queue.remove(&key));
            }
            (None, Some(after)) => {
                let key = self.queue.insert(id.clone(), after);
                self.keys.insert(id.clone(), key);
            }
            (None, None) => {}
        }
    }

    /// Waits for the next wakeup and removes it; for ever while there is none.
    pub(super) async fn next(&mut self) -> WatchId {
        match self.queue.next().await {
            Some(expired) => {
                let id = expired.into_inner();
                self.keys.remove(&id);
                id
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn watch(name: &str) -> WatchId {
        WatchId { namespace: "team-a".into(), name: name.into() }
    }

    #[tokio::test(start_paused = true)]
    async fn wakeups_come_in_their_order_and_once() {
        let (mut wakeups, start) = (Wakeups::default(), Instant::now());
        let after = |seconds| Some(Duration::from_secs(seconds));
        wakeups.set(&watch("a"), after(3));
        wakeups.set(&watch("b"), after(2));
        wakeups.set(&watch("c"), after(1));
        wakeups.set(&watch("a"), after(4));
        wakeups.set(&watch("c"), None);
        for (name, seconds) in [("b", 2), ("a", 4)] {
            assert_eq!(wakeups.next().await, watch(name));
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
        let is_over = tokio::time::timeout(Duration::from_secs(60), wakeups.next()).await.is_err();
        assert!(is_over && wakeups.keys.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn no_delay_is_too_long() {
        let mut wakeups = Wakeups::default();
        wakeups.set(&watch("a"), Some(Duration::MAX));
        assert_eq!(wakeups.next().await, watch("a"));
    }
}
