//! What is going on, on a terminal's standard error; nothing where that is no terminal.

use std::io::{IsTerminal as _, Stderr, Write as _};

use terminal_size::{Width, terminal_size_of};

/// To the left end, and clear what is there.
const CLEAR: &str = "\r\u{1b}[K";

/// One row of the terminal, taken away again when dropped.
#[derive(Debug)]
pub(super) struct StatusLine {
    terminal: Option<Stderr>,
}

impl StatusLine {
    pub(super) fn new() -> Self {
        Self { terminal: Some(std::io::stderr()).filter(Stderr::is_terminal) }
    }

    /// Shows a text in the place of the one before.
    pub(super) fn show(&mut self, text: &str) {
        let Some(terminal) = &mut self.terminal else { return };
        // Only one row can be taken away again.
        let columns = terminal_size_of(&*terminal).map_or(usize::MAX, |(Width(columns), _)| columns.into());
        let text: String = text.chars().take(columns.saturating_sub(1)).collect();
        let _ = write!(terminal, "{CLEAR}{text}").and_then(|()| terminal.flush());
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.show("");
    }
}
