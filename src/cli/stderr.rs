//! Standard error, which may be closed or full: that is no reason to panic.

use std::io::{self, Write as _};

use crate::domain::text::without_users;

/// Prints what is wrong. Lines stay lines, and whatever text of another library is in it: no URL shows its user, and no
/// control character reaches the terminal.
pub(super) fn print_error(problem: impl std::fmt::Display) {
    let text = format!("saewatch: {problem}\n").replace(|c: char| c.is_control() && c != '\n', " ");
    // In one piece, or lines of several processes mix. The exit code says it too, so nothing is lost for good.
    let _ = io::stderr().lock().write_all(without_users(&text).as_bytes());
}

/// Prints what clap says of the command line, help included: it quotes values, and shows those of the environment.
pub(super) fn print_usage(problem: &clap::Error) -> io::Result<()> {
    let text = problem.render().ansi().to_string();
    let text = without_users(&text);
    if problem.use_stderr() {
        anstream::stderr().lock().write_all(text.as_bytes())
    } else {
        anstream::stdout().lock().write_all(text.as_bytes())
    }
}
