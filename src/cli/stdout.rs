//! Standard output, whose reader may leave early.

use std::io::{self, ErrorKind, Write};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

/// Puts the cursor at the top and clears what is below it.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// Whether the output is still read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// It is.
    Listening,
    /// The reader has closed it, as `head` does; that is no error.
    Gone,
}

/// Prints a text, without its colours unless it goes to a terminal that wants them.
pub(super) fn print(text: &str) -> io::Result<Reader> {
    write(anstream::stdout().lock(), text)
}

/// Prints a text over all that a terminal shows, in one piece, so that nothing flickers.
pub(super) fn print_over(text: &str) -> io::Result<Reader> {
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => print_raw(&format!("{CLEAR}{}", strip_str(text))),
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => {
            print_raw(&format!("{CLEAR}{text}"))
        }
    }
}

/// Prints a text as it is.
pub(super) fn print_raw(text: &str) -> io::Result<Reader> {
    write(io::stdout().lock(), text)
}

fn write(mut out: impl Write, text: &str) -> io::Result<Reader> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error),
    }
}
