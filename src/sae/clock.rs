//! The time of day as a value, so that a test can hand in one that follows paused time, or one that jumps.
//!
//! The client's is put right by what SAE's servers say: a request more than 15 minutes off is refused, and a node's
//! clock is not the operator's to set. Pacing never asks a clock: distances between calls are measured with tokio's,
//! which cannot jump.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http::HeaderMap;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How far off the servers' time the clock may be without being corrected. Smaller differences come from the whole seconds
/// of a `Date` header and from slow answers; they are no error of the clock.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

/// A clock that can be corrected; clones share the correction.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    offset_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// A clock that shows `from` now and goes on with tokio's clock, also while that is paused.
    pub fn steady(from: Timestamp) -> Self {
        let start = Instant::now();
        Self::new(move || from.saturating_add(start.elapsed()).unwrap_or(Timestamp::MAX))
    }

    /// Any other clock.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), offset_millis: Arc::new(AtomicI64::new(0)) }
    }

    /// The time, as corrected.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_millis.load(Ordering::Relaxed));
        let now = (self.now)();
        now.checked_add(offset).unwrap_or(now)
    }

    /// Takes over the time of the `Date` header of a server that refused a request for the time at which it was signed.
    /// Says whether to sign it anew: another answer may have put the clock right meanwhile.
    pub(super) fn correct_by(&self, headers: &HeaderMap, signed: Timestamp) -> bool {
        let Some(server) = server_time(headers) else { return false };
        if is_off(self.now(), server) {
            let offset = (self.now)().duration_until(server).as_millis();
            self.offset_millis.store(i64::try_from(offset).unwrap_or_default(), Ordering::Relaxed);
        }
        is_off(signed, server)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).finish()
    }
}

fn is_off(time: Timestamp, server: Timestamp) -> bool {
    time.duration_until(server).abs() > TOLERANCE
}

/// The time of a server, by its `Date` header.
fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(headers.get("date")?.as_bytes()).ok()
}

/// A moment as headers have it: UTC, whole seconds.
pub(super) fn iso8601(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_that_is_off_takes_over_the_servers_time_once() {
        let clock = Clock::new(|| at("2026-11-22T00:00:00Z"));
        let server = |date: &str| HeaderMap::from_iter([(http::header::DATE, date.parse().unwrap())]);
        let signed = clock.now();
        assert!(clock.correct_by(&server("Sun, 22 Nov 2026 00:20:00 GMT"), signed));
        assert_eq!(clock.now(), at("2026-11-22T00:20:00Z"));
        let next = server("Sun, 22 Nov 2026 00:20:01 GMT");
        assert!(clock.correct_by(&next, signed), "it was signed before the clock was put right");
        assert!(!clock.correct_by(&next, clock.now()), "the second time it was no matter of the clock");
        assert_eq!(clock.clone().now(), clock.now(), "clones share the correction");
    }

    #[test]
    fn headers_have_whole_seconds_of_utc() {
        assert_eq!(iso8601(at("2026-11-22T19:57:29.987+02:00")), "2026-11-22T17:57:29Z");
    }
}
