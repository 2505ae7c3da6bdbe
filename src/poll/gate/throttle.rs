//! What the account does when SAE says that it is over its quota (contract §8, "Throttled").
//!
//! SAE answers a call too many with HTTP 400 and goes on counting, so a retry at once makes the throttle last.
//! So all calls pause, and then one call probes whether it is over.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::Failure;

/// The first pause; it doubles with each throttled probe.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause that no hint asks for: soon enough that all data is fresh again minutes after the end.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Whether the account may call at all.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// How long the pause is that the next throttled response starts.
    next_pause: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Flowing,
    Paused(Pause),
}

/// No call goes out before `until`; then one call at a time, until one is answered well.
#[derive(Debug)]
struct Pause {
    /// The newest throttled response.
    failure: Failure,
    /// When the first one came, by the wall clock.
    began: Timestamp,
    /// When the newest one came that was sent in this pause, or began it.
    since: Instant,
    until: Instant,
    probing: bool,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self { next_pause: FIRST_PAUSE, state: State::Flowing }
    }

    /// When the next call may start; `None` while a probe is under way.
    pub(super) fn ready_at(&self, now: Instant) -> Option<Instant> {
        match &self.state {
            State::Flowing => Some(now),
            State::Paused(pause) => (!pause.probing).then_some(pause.until),
        }
    }

    /// Whether the account is over its quota, as far as is known.
    pub(crate) fn is_paused(&self) -> bool {
        self.failure().is_some()
    }

    /// Why all calls pause, and since when.
    pub(crate) fn failure(&self) -> Option<(&Failure, Timestamp)> {
        match &self.state {
            State::Flowing => None,
            State::Paused(pause) => Some((&pause.failure, pause.began)),
        }
    }

    /// A call starts.
    pub(super) fn sent(&mut self) {
        if let State::Paused(pause) = &mut self.state {
            pause.probing = true;
        }
    }

    /// A call that was sent at `sent` came back throttled at `now`, which is `wall` by the wall clock. `jitter`, from
    /// 0 to 1, places the pause between half and the whole of its length, so that operators of one account that were
    /// throttled together do not come back together.
    pub(crate) fn throttled(
        &mut self,
        failure: Failure,
        sent: Instant,
        (now, wall): (Instant, Timestamp),
        hint: Option<Duration>,
        jitter: f64,
    ) {
        let hinted = now + hint.unwrap_or_default();
        let began = match &mut self.state {
            State::Flowing => wall,
            // One of the calls that were under way when the pause began says nothing new but its hint.
            State::Paused(pause) if sent < pause.since => {
                pause.failure = failure;
                pause.until = hinted.max(pause.until);
                return;
            }
            State::Paused(pause) => pause.began,
        };
        let until = hinted.max(now + self.next_pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0));
        self.next_pause = (self.next_pause * 2).min(LONGEST_PAUSE);
        self.state = State::Paused(Pause { failure, began, since: now, until, probing: false });
    }

    /// A call that was sent at `sent` was answered well.
    pub(crate) fn answered(&mut self, sent: Instant) {
        match &self.state {
            State::Paused(pause) if sent < pause.since => {}
            State::Flowing | State::Paused(_) => *self = Self::new(),
        }
    }

    /// A call that was sent at `sent` failed in another way: the next one may probe.
    pub(crate) fn failed(&mut self, sent: Instant) {
        if let State::Paused(pause) = &mut self.state
            && sent >= pause.since
        {
            pause.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureClass;

    /// Throttles a call that was sent at `sent` and came back at `now`.
    fn throttle_at(
        throttle: &mut Throttle,
        sent: Instant,
        now: Instant,
        hint: Option<Duration>,
        jitter: f64,
    ) {
        let failure = Failure { class: FailureClass::Throttled, message: "over quota".into() };
        throttle.throttled(failure, sent, (now, Timestamp::UNIX_EPOCH), hint, jitter);
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Throttles `n` probes in a row, each sent when it may be, and returns the pauses.
    fn pauses(throttle: &mut Throttle, n: usize, jitter: f64) -> Vec<Duration> {
        let mut now = Instant::now();
        let pause = |_| {
            throttle.sent();
            throttle_at(throttle, now, now, None, jitter);
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
        throttle_at(&mut throttle, now, now, None, 1.0);
        throttle.sent();
        assert_eq!(throttle.ready_at(now + secs(60)), None, "while the probe is under way");
        throttle.failed(now + secs(60));
        assert!(throttle.ready_at(now + secs(61)).is_some() && throttle.is_paused(), "the next one probes");
    }

    #[test]
    fn calls_that_were_under_way_together_count_once() {
        let (mut throttle, now) = (Throttle::new(), Instant::now());
        for _ in 0..16 {
            throttle_at(&mut throttle, now, now + secs(1), None, 1.0);
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
            throttle_at(&mut throttle, now, now, Some(secs(hint)), 1.0);
            assert_eq!(throttle.ready_at(now), Some(now + secs(pause)), "hint of {hint} s");
        }
    }
}
