//! The steps of effectiveInterval.

use jiff::SignedDuration;

/// A duration as Go would write it for people.
pub fn text(duration: SignedDuration) -> String {
    format!("{}s", duration.as_secs())
}
