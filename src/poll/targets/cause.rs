//! Why a target is polled next: of all that calls for a poll, the most pressing.

use tokio::time::Instant;

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
