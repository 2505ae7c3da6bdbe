//! The terminal on which `--watch` shows each result over the one before, cut to what fits: what is worst stands first,
//! and must not scroll away.

use anstream::adapter::strip_str;
use terminal_size::{Height, Width, terminal_size_of};

/// How much fits on the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    rows: usize,
    columns: usize,
}

impl Screen {
    /// The terminal at standard output, as large as it is now; `None` where nothing can be written over.
    pub(super) fn stdout() -> Option<Self> {
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return None;
        }
        let (Width(columns), Height(rows)) = terminal_size_of(std::io::stdout())?;
        Some(Self { rows: rows.into(), columns: columns.into() })
    }

    /// The lines that fit, and how many more there are.
    pub(super) fn fit(self, text: &str) -> String {
        let lines: Vec<&str> = text.trim_end().lines().collect();
        // The last row is the cursor's.
        let room = self.rows.saturating_sub(1);
        let shown = if self.count_fitting(&lines, room) == lines.len() {
            lines.len()
        } else {
            self.count_fitting(&lines, room.saturating_sub(1))
        };
        let fitting: String = lines[..shown].iter().flat_map(|line| [line, "\n"]).collect();
        if shown == lines.len() {
            return fitting;
        }
        format!("{fitting}… and {} more lines\n", lines.len() - shown)
    }

    /// How many of the lines this many rows hold.
    fn count_fitting(self, lines: &[&str], room: usize) -> usize {
        let mut taken = 0;
        let fits = |line: &&&str| {
            taken += self.rows_of(line);
            taken <= room
        };
        lines.iter().take_while(fits).count()
    }

    /// How many rows a line takes; colours take none of them.
    fn rows_of(self, line: &str) -> usize {
        let width = strip_str(line).map(|part| part.chars().count()).sum::<usize>();
        width.div_ceil(self.columns.max(1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_shown_whole() {
        let screen = Screen { rows: 4, columns: 10 };
        assert_eq!(screen.fit("a\nb\nc\n\n"), "a\nb\nc\n");
    }

    #[test]
    fn what_stands_first_stays_and_the_rest_is_counted() {
        let screen = Screen { rows: 4, columns: 10 };
        assert_eq!(screen.fit("a\nb\nc\nd\n"), "a\nb\n… and 2 more lines\n");
    }

    #[test]
    fn a_line_that_wraps_takes_the_rows_it_takes_and_colours_take_none() {
        let screen = Screen { rows: 4, columns: 10 };
        assert_eq!(
            screen.fit("0123456789\u{1b}[1m0\u{1b}[0m\nb\nc\n"),
            "0123456789\u{1b}[1m0\u{1b}[0m\n… and 2 more lines\n"
        );
        assert_eq!(
            screen.fit("\u{1b}[1m0123456789\u{1b}[0m\nb\nc\n"),
            "\u{1b}[1m0123456789\u{1b}[0m\nb\nc\n"
        );
    }

    #[test]
    fn nothing_is_too_small() {
        for rows in 0..3 {
            assert_eq!(Screen { rows, columns: 0 }.fit("a\nb\nc\n").lines().count(), 1);
        }
    }
}
