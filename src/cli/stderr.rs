//! Standard error, which may be closed or full: what nobody reads is not worth a panic.

use std::io::{self, Write as _};

/// Says what is wrong.
pub(super) fn complain(problem: impl std::fmt::Display) {
    // In one piece, or lines of several processes mix. The exit code says it too, so nothing is lost for good.
    let _ = io::stderr().lock().write_all(format!("saewatch: {problem}\n").as_bytes());
}
