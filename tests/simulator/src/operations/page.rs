//! `CurrentPage` and `PageSize`: which part of a list is answered.

use super::Question;
use crate::refusal::{self, Refusal};

/// "The number of entries per page. Default value: 10."
const DEFAULT_SIZE: usize = 10;
/// Where no page says less: "Valid values: (0, 1000000000)".
pub(crate) const LARGEST: usize = 999_999_999;

/// How this server pages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paging {
    /// The page size above which the server answers fewer than asked, as some services do silently.
    pub(crate) largest: Option<usize>,
    /// The page size above which the server refuses the call.
    pub(crate) refused_above: Option<usize>,
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
    /// `most` is the largest page size that the operation documents.
    pub(crate) fn read(question: Question<'_>, most: usize) -> Result<Self, Refusal> {
        let Paging { largest, refused_above, overlap } = question.paging;
        let most = refused_above.map_or(most, |refused_above| refused_above.min(most));
        let asked = count(question, "PageSize", DEFAULT_SIZE, most)?;
        Ok(Self {
            number: count(question, "CurrentPage", 1, LARGEST)?,
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

/// A number from 1 to `most`.
fn count(question: Question<'_>, parameter: &str, default: usize, most: usize) -> Result<usize, Refusal> {
    let Some(text) = question.request.parameter(parameter) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| refusal::invalid_parameter(format_args!("{parameter}: {text}")))
}
