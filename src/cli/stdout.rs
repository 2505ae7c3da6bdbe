//! Standard output, whose reader may leave early.

use std::io::{self, ErrorKind, Write};

/// Prints a text, without its colours unless it goes to a terminal. A reader who has had enough, as `head` has, is
/// no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
