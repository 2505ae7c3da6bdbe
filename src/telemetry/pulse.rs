//! `/healthz`: whether what should be working is getting anywhere.
//!
//! Each loop that must never stop beats its pulse from within itself. A loop that blocks its thread, waits for
//! something that never comes, or has ended without being asked to, beats no more, and the process is restarted.
//! A cluster or an SAE that is out of reach stops no loop, so it restarts nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often a loop beats, also one with nothing to do.
pub const BEAT: Duration = Duration::from_secs(10);
/// When a pulse counts as lost: six beats missed, which no busy machine explains.
const LOST: Duration = Duration::from_secs(60);

/// The pulse of one loop. Clones share it.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<Mutex<Instant>>);

/// The pulses of the process.
#[derive(Debug, Clone, Default)]
pub struct Liveness(Arc<Mutex<Vec<Followed>>>);

#[derive(Debug)]
struct Followed {
    whose: &'static str,
    pulse: Weak<Mutex<Instant>>,
}

impl Pulse {
    /// A pulse that beats now for the first time.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Beats.
    pub fn beat(&self) {
        *lock(&self.0) = Instant::now();
    }

    /// Beats for as long as it is polled. For a loop that is not ours: polled beside it, in the same task, this
    /// stops when the other blocks.
    pub async fn keep_beating(&self) {
        loop {
            self.beat();
            sleep(BEAT).await;
        }
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Self::new()
    }
}

impl Liveness {
    /// Follows a pulse for as long as anybody else holds it: a replica that stands by has none to be ill of.
    pub fn follow(&self, whose: &'static str, pulse: &Pulse) {
        let mut followed = lock(&self.0);
        followed.retain(|one| one.pulse.strong_count() > 0);
        followed.push(Followed { whose, pulse: Arc::downgrade(&pulse.0) });
    }

    /// Who has lost its pulse, in a sentence; `None` if all is well.
    pub fn trouble(&self) -> Option<String> {
        let age = |pulse: &Weak<Mutex<Instant>>| pulse.upgrade().map(|pulse| lock(&pulse).elapsed());
        lock(&self.0).iter().find_map(|Followed { whose, pulse }| {
            let age = age(pulse).filter(|age| *age > LOST)?;
            Some(format!("{whose} stopped working {} s ago", age.as_secs()))
        })
    }
}

/// Every change is one assignment or one push, so a panic elsewhere leaves whole values behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive_with(pulse: &Pulse) -> Liveness {
        let liveness = Liveness::default();
        liveness.follow("the scheduler", pulse);
        liveness
    }

    #[tokio::test(start_paused = true)]
    async fn a_pulse_is_lost_after_a_minute_and_may_come_back() {
        let pulse = Pulse::new();
        let liveness = alive_with(&pulse);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(liveness.trouble(), None);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(liveness.trouble().as_deref(), Some("the scheduler stopped working 61 s ago"));
        pulse.beat();
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stands_by_has_no_pulse_to_lose() {
        let pulse = Pulse::new();
        let liveness = alive_with(&pulse);
        drop(pulse);
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pulse_that_is_kept_beating_is_never_lost() {
        let pulse = Pulse::new();
        let liveness = alive_with(&pulse);
        tokio::select! {
            () = pulse.keep_beating() => {}
            () = sleep(Duration::from_secs(3595)) => {}
        }
        assert_eq!(liveness.trouble(), None);
    }

    #[tokio::test]
    async fn a_neighbour_that_blocks_its_task_stops_the_pulse() {
        let pulse = Pulse::new();
        let beaten = *lock(&pulse.0);
        let blocks = async { std::thread::sleep(Duration::from_millis(20)) };
        tokio::select! {
            biased;
            () = blocks => {}
            () = pulse.keep_beating() => {}
        }
        assert_eq!(*lock(&pulse.0), beaten, "nobody polled it");
    }
}
