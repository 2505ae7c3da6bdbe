//! How much the table shows.

use super::args::{CommonArgs, Output};

/// What the table shows beside what is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detail {
    /// The names of the watches.
    pub(super) names: bool,
    /// The rule behind each state.
    pub(super) explain: bool,
    /// More columns, and messages in full.
    pub(super) wide: bool,
}

impl Detail {
    pub(super) fn new(names: bool, common: &CommonArgs) -> Self {
        Self { names, explain: common.explain, wide: common.output == Output::Wide }
    }
}
