//! How many calls a minute something takes, lately.

use std::time::Duration;

use tokio::time::Instant;

/// How far back the meter looks: calls fade away with this time constant.
const MEMORY: Duration = Duration::from_secs(600);

/// A fading count.
#[derive(Debug)]
pub(crate) struct Meter {
    count: f64,
    at: Instant,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Self {
        Self { count: 0.0, at: now }
    }

    /// One call.
    pub(crate) fn add(&mut self, now: Instant) {
        self.count = self.faded(now) + 1.0;
        self.at = now;
    }

    /// Calls a minute.
    pub(crate) fn per_minute(&self, now: Instant) -> f64 {
        self.faded(now) / MEMORY.as_secs_f64() * 60.0
    }

    fn faded(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.count * (-passed / MEMORY.as_secs_f64()).exp()
    }
}
