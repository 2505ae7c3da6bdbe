//! When each watch is looked at again if nothing happens before.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::poll::WatchId;

/// The alarms of all watches, the next one first.
#[derive(Debug, Default)]
pub struct Alarms {
    set: Mutex<BTreeSet<(Instant, WatchId)>>,
    /// Another one is the next.
    moved: Notify,
}

impl Alarms {
    /// Moves the alarm of a watch; `None` is no alarm.
    pub fn reset(&self, id: &WatchId, before: Option<Instant>, at: Option<Instant>) {
        let mut set = self.lock();
        if let Some(before) = before {
            set.remove(&(before, id.clone()));
        }
        if let Some(at) = at {
            set.insert((at, id.clone()));
            if set.first().is_some_and(|(first, _)| *first == at) {
                self.moved.notify_one();
            }
        }
    }

    /// Waits for the next alarm, and takes it off.
    pub async fn next(&self) -> WatchId {
        loop {
            let first = self.lock().first().map(|(at, _)| *at);
            match first {
                Some(at) if at <= Instant::now() => {
                    if let Some((_, id)) = self.lock().pop_first() {
                        return id;
                    }
                }
                Some(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.moved.notified() => {}
                },
                None => self.moved.notified().await,
            }
        }
    }

    /// Every change is one insertion or removal, so a panic elsewhere leaves whole alarms behind.
    fn lock(&self) -> MutexGuard<'_, BTreeSet<(Instant, WatchId)>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn watch(name: &str) -> WatchId {
        WatchId { namespace: "team-a".into(), name: name.into() }
    }

    #[tokio::test(start_paused = true)]
    async fn alarms_ring_in_their_order_and_once() {
        let (alarms, start) = (Alarms::default(), Instant::now());
        let after = |seconds| Some(start + Duration::from_secs(seconds));
        alarms.reset(&watch("a"), None, after(3));
        alarms.reset(&watch("b"), None, after(2));
        alarms.reset(&watch("c"), None, after(1));
        alarms.reset(&watch("a"), after(3), after(4));
        alarms.reset(&watch("c"), after(1), None);
        for (name, seconds) in [("b", 2), ("a", 4)] {
            assert_eq!(alarms.next().await, watch(name));
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_alarm_is_heard_by_who_waits_for_a_later_one() {
        let (alarms, start) = (Alarms::default(), Instant::now());
        alarms.reset(&watch("late"), None, Some(start + Duration::from_secs(60)));
        let set_another = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            alarms.reset(&watch("early"), None, Some(start + Duration::from_secs(2)));
        };
        let (first, ()) = tokio::join!(alarms.next(), set_another);
        assert_eq!((first, start.elapsed().as_secs()), (watch("early"), 2));
    }
}
