//! How a set stands, as one value: a row of the table of contract §15.1.

use crate::domain::Reason;
use crate::domain::row::{Row, awaited, retried, settled, stalled};

/// How a set stands. The texts say why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SetState {
    /// The set or its account is suspended.
    Suspended,
    /// Only a human can help.
    Stalled(Reason, String),
    /// The SaeAccount that the set names is not there. It may be applied a moment later, so the set is not Stalled.
    AccountMissing(String),
    /// The API server refuses a watch.
    ApplyFailed(String),
    /// A region cannot be listed.
    ListFailed(String),
    /// The first list of a region is awaited, and nothing is known of this spec yet.
    Progressing(String),
    /// The first list of a region is awaited, and what another process found out stands.
    Kept,
    /// All is known, and more is selected than the limit allows.
    LimitReached(String),
    /// All is known.
    Listed(String),
}

impl SetState {
    /// Its row of the table; `None` where all stays as it is.
    pub(super) fn row(&self) -> Option<Row<'_>> {
        Some(match self {
            Self::Kept => return None,
            Self::Suspended => [None, None, None],
            Self::Stalled(reason, why) => stalled(*reason, why),
            Self::AccountMissing(why) => retried(Reason::AccountNotFound, why),
            Self::ApplyFailed(why) => retried(Reason::ApplyFailed, why),
            Self::ListFailed(why) => retried(Reason::ListFailed, why),
            Self::Progressing(why) => awaited(Reason::Progressing, why),
            Self::LimitReached(why) => settled(Reason::LimitReached, why),
            Self::Listed(why) => settled(Reason::Listed, why),
        })
    }

    /// The reason of Ready; `None` while suspended, or where all stays as it is.
    pub(super) fn reason(&self) -> Option<Reason> {
        let [ready, ..] = self.row()?;
        ready.map(|(_, reason, _)| reason)
    }

    /// Whether lists of applications are used in it.
    pub(super) fn is_by_lists(&self) -> bool {
        match self {
            Self::ApplyFailed(_) | Self::ListFailed(_) | Self::LimitReached(_) | Self::Listed(_) => true,
            Self::Stalled(reason, _) => *reason == Reason::AccessDenied,
            Self::Suspended | Self::AccountMissing(_) | Self::Progressing(_) | Self::Kept => false,
        }
    }

    /// Whether it is an outcome for the spec's generation (contract §2, `observedGeneration`).
    pub(super) fn is_outcome(&self) -> bool {
        !matches!(self, Self::Progressing(_) | Self::Kept)
    }
}
