//! The server's clock, which a test may set wrong.

use jiff::{SignedDuration, Timestamp};

/// What time the server believes it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How far the server is ahead of the machine it runs on.
    pub(crate) offset: SignedDuration,
}

impl Clock {
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::now().saturating_add(self.offset).unwrap_or(Timestamp::MAX)
    }

    /// As in the header `Date`.
    pub(crate) fn http_date(self) -> String {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&self.now())
            .unwrap_or_default()
    }
}

/// As STS and the metadata service write times: UTC, whole seconds.
pub(crate) fn iso_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
