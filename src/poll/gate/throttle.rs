//! What the account does when SAE says that it is over its quota (contract §8, "Throttled").
//!
//! SAE answers a call too many with HTTP 400 and goes on counting, so whoever tries again at once makes the
//! throttle last. So everybody waits, and then one call asks whether it is over.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause; it doubles with each throttled probe.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that no hint asks for: soon enough that all data is fresh again minutes after the end.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Whether the account may call at all.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// The pause that the next throttled answer brings.
    pause: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Flowing,
    /// Nobody calls before `until`; then one call at a time, until one is answered well.
    Paused {
        since: Instant,
        until: Instant,
        probing: bool,
    },
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self { pause: FIRST_PAUSE, state: State::Flowing }
    }

    /// When the next call may start; `None` while a probe is under way.
    pub(crate) fn ready_at(&self, now: Instant) -> Option<Instant> {
        match self.state {
            State::Flowing => Some(now),
            State::Paused { probing: true, .. } => None,
            State::Paused { until, probing: false, .. } => Some(until),
        }
    }

    /// Whether the newest word was that the account is over its quota.
    pub(crate) fn is_paused(&self) -> bool {
        matches!(self.state, State::Paused { .. })
    }

    /// A call starts.
    pub(crate) fn sent(&mut self) {
        if let State::Paused { probing, .. } = &mut self.state {
            *probing = true;
        }
    }

    /// A call that was sent at `sent` came back throttled. `jitter`, from 0 to 1, places the pause between half
    /// and the whole of its length, so that operators of one account that were throttled together do not come
    /// back together.
    pub(crate) fn throttled(&mut self, sent: Instant, now: Instant, hint: Option<Duration>, jitter: f64) {
        let hinted = now + hint.unwrap_or_default();
        if let State::Paused { since, until, .. } = &mut self.state {
            // One of the calls that were under way when the pause began says nothing new but its hint.
            if sent < *since {
                *until = hinted.max(*until);
                return;
            }
        }
        let drawn = self.pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.state = State::Paused { since: now, until: hinted.max(now + drawn), probing: false };
    }

    /// A call that was sent at `sent` was answered well.
    pub(crate) fn answered(&mut self, sent: Instant) {
        match self.state {
            State::Paused { since, .. } if sent < since => {}
            State::Flowing | State::Paused { .. } => *self = Self::new(),
        }
    }

    /// A call that was sent at `sent` failed in another way: the next one may probe.
    pub(crate) fn failed(&mut self, sent: Instant) {
        if let State::Paused { since, probing, .. } = &mut self.state
            && sent >= *since
        {
            *probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Throttles `n` probes in a row, each sent when it may be, and returns the pauses.
    fn pauses(throttle: &mut Throttle, n: usize, jitter: f64) -> Vec<Duration> {
        let mut now = Instant::now();
        let pause = |_| {
            throttle.sent();
            throttle.throttled(now, now, None, jitter);
            let until = throttle.ready_at(now).unwrap();
            let pause = until - now;
            now = until;
            pause
        };
        (0..n).map(pause).collect()
    }

    #[test]
    fn pauses_double_from_5_s_to_2_min_and_are_drawn_between_half_and_whole() {
        let whole = [5, 10, 20, 40, 80, 120, 120].map(secs);
        assert_eq!(pauses(&mut Throttle::new(), 7, 1.0), whole);
        assert_eq!(pauses(&mut Throttle::new(), 7, 0.0), whole.map(|pause| pause / 2));
    }

    #[test]
    fn the_first_good_answer_ends_it() {
        let mut throttle = Throttle::new();
        pauses(&mut throttle, 5, 1.0);
        throttle.answered(Instant::now() + secs(10_000));
        assert!(!throttle.is_paused());
        assert_eq!(pauses(&mut throttle, 1, 1.0), [secs(5)]);
    }

    #[test]
    fn one_call_probes() {
        let (mut throttle, now) = (Throttle::new(), Instant::now());
        throttle.throttled(now, now, None, 1.0);
        throttle.sent();
        assert_eq!(throttle.ready_at(now + secs(60)), None, "while the probe is under way");
        throttle.failed(now + secs(60));
        assert!(throttle.ready_at(now + secs(61)).is_some() && throttle.is_paused(), "the next one probes");
    }

    #[test]
    fn calls_that_were_under_way_together_count_once() {
        let (mut throttle, now) = (Throttle::new(), Instant::now());
        for _ in 0..16 {
            throttle.throttled(now, now + secs(1), None, 1.0);
        }
        assert_eq!(throttle.ready_at(now), Some(now + secs(6)));
        throttle.answered(now);
        assert!(throttle.is_paused(), "an answer to a call from before the pause proves nothing");
    }

    #[test]
    fn the_pause_is_never_shorter_than_the_hint() {
        let now = Instant::now();
        for (hint, pause) in [(1, 5), (30, 30)] {
            let mut throttle = Throttle::new();
            throttle.throttled(now, now, Some(secs(hint)), 1.0);
            assert_eq!(throttle.ready_at(now), Some(now + secs(pause)), "hint of {hint} s");
        }
    }
}
