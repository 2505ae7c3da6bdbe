//! How the table writes what stands in many of its places.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::domain::text::span;

/// How long ago that was.
pub(super) fn ago(moment: Timestamp) -> String {
    span(Timestamp::now().duration_since(moment))
}

/// A colour that can be read on light and on dark.
pub(super) fn bold(colour: AnsiColor) -> Style {
    colour.on_default().bold()
}
