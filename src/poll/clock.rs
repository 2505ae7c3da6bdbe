//! The wall clock as a value, so that a test can hand in one that follows paused time, or one that jumps.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Where the time of day comes from. Pacing never asks it: distances between calls are measured with tokio's
/// clock, which cannot jump.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// A clock that shows `from` now and goes on with tokio's clock, also while that is paused.
    pub fn steady(from: Timestamp) -> Self {
        let start = Instant::now();
        Self::new(move || later(from, start.elapsed()))
    }

    /// A clock that shows whatever `read` says.
    pub fn new(read: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// `from` plus `by`, or the end of time.
pub(super) fn later(from: Timestamp, by: std::time::Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
