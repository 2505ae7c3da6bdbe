//! A diagnosis on a terminal.

use crate::api::Diagnosis;
use crate::domain::diagnosis::explain;
use crate::domain::text::clean;

/// The most bytes of a line: one holds two messages and two other texts.
const LINE_BYTES: usize = 2048;

/// What a diagnosis says, each thing in a line of its own, pushed in. It may come from a cluster in which others write
/// too.
pub(super) fn lines(diagnosis: &Diagnosis) -> String {
    explain(diagnosis).iter().fold(String::new(), |text, line| text + "  " + &clean(line, LINE_BYTES) + "\n")
}
