//! The parts of pages that are made from the code. `make docs` writes them anew.

use std::sync::{Mutex, PoisonError};

use crate::pages::{path, text};

/// Two tests may write parts of the same page.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares the part of a page with what it should be, or writes it.
pub fn keep(page: &str, part: &str, expected: &str) {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = text(page);
    let start = format!("<!-- generated: {part} -->\n");
    let end = "<!-- /generated -->";
    let (before, rest) = whole.split_once(&start).unwrap_or_else(|| panic!("{page} has no part {part}"));
    let (stands, after) = rest.split_once(end).unwrap();
    if is_writing() {
        std::fs::write(path(page), format!("{before}{start}{expected}{end}{after}")).unwrap();
    } else {
        assert_eq!(stands, expected, "the part {part} of {page} is stale; run `make docs`");
    }
}

/// Compares a file that is made as a whole with what it should be, or writes it.
pub fn keep_file(name: &str, expected: &str) {
    if is_writing() {
        std::fs::write(path(name), expected).unwrap();
    } else {
        assert_eq!(text(name), expected, "{name} is stale; run `make docs`");
    }
}

/// Whether `make docs` runs.
pub fn is_writing() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

/// A table of Markdown.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    rows.into_iter().fold(line(&head) + &rule, |table, row| {
        assert_eq!(row.len(), head.len(), "{row:?}");
        table + &line(&row)
    })
}
