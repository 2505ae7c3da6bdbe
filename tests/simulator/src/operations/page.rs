//! `CurrentPage` and `PageSize`: which part of a list is answered.

use super::Question;
use crate::refusal::{self, Refusal};

/// "The number of entries per page. Default value: 10."
const DEFAULT_SIZE: usize = 10;

/// How this server pages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paging {
    /// The page size above which the server answers fewer than asked, as some services do silently.
    pub(crate) largest: Option<usize>,
    /// By how many entries each page after the first reaches back into the one before, as happens when
    /// instances appear between two calls.
    pub(crate) overlap: usize,
}

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) number: usize,
    pub(crate) size: usize,
    overlap: usize,
}

impl Page {
    pub(crate) fn read(question: Question<'_>) -> Result<Self, Refusal> {
        let Paging { largest, overlap } = question.paging;
        let asked = count(question, "PageSize", DEFAULT_SIZE)?;
        Ok(Self {
            number: count(question, "CurrentPage", 1)?,
            size: largest.map_or(asked, |largest| asked.min(largest)),
            overlap,
        })
    }

    /// The entries of this page.
    pub(crate) fn of<T>(self, entries: &[T]) -> &[T] {
        let before = (self.number - 1).saturating_mul(self.size);
        let start = if before == 0 { 0 } else { before.saturating_sub(self.overlap) };
        let start = start.min(entries.len());
        &entries[start..entries.len().min(start.saturating_add(self.size))]
    }
}

/// A number of 1 or more, below the documented 1000000000.
fn count(question: Question<'_>, parameter: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = question.request.parameter(parameter) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..1_000_000_000).contains(number));
    number.ok_or_else(|| refusal::invalid_parameter(format_args!("{parameter}: {text}")))
}
