//! Whether a list may be read: one that is refused stays off for an hour (contract §13).

use std::time::Duration;

use tokio::time::Instant;

/// How long a list, and each operation of a diagnosis, stays off where it is refused.
pub(crate) const OFF: Duration = Duration::from_secs(3600);

/// One of the two lists of a region.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ListAccess {
    off_until: Option<Instant>,
}

impl ListAccess {
    pub(super) fn refused(&mut self, now: Instant) {
        self.off_until = Some(now + OFF);
    }

    /// It is to be read.
    pub(super) fn allow(&mut self) {
        self.off_until = None;
    }

    /// Whether it is off, until the sweep that tries again.
    pub(super) fn is_off(self) -> bool {
        self.off_until.is_some()
    }

    /// When it may be read; `None`: at any time.
    pub(super) fn opens_at(self) -> Option<Instant> {
        self.off_until
    }

    /// Whether a sweep that begins now reads it.
    pub(super) fn admits(self, now: Instant) -> bool {
        self.off_until.is_none_or(|until| until <= now)
    }
}
