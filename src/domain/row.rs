//! What Ready, Reconciling and Stalled say together: a row of the tables of contract §6, §11.2 and §15.1.

use std::borrow::Cow;

use super::Reason;
use super::conditions::Truth::{self, False, True, Unknown};

/// What one condition says.
pub(super) type Cell<'a> = (Truth, Reason, Cow<'a, str>);
/// What becomes of Ready, Reconciling and Stalled, in this order; absent where there is nothing.
pub(super) type Row<'a> = [Option<Cell<'a>>; 3];

/// All is as it should be.
pub(super) fn settled<'a>(reason: Reason, why: impl Into<Cow<'a, str>>) -> Row<'a> {
    [Some((True, reason, why.into())), None, None]
}

/// Nothing is known yet.
pub(super) fn awaited(reason: Reason, why: &str) -> Row<'_> {
    [Some((Unknown, reason, why.into())), Some((True, reason, why.into())), None]
}

/// It does not work, and is tried again.
pub(super) fn retried(reason: Reason, why: &str) -> Row<'_> {
    [Some((False, reason, why.into())), Some((True, Reason::RetryingAfterFailure, why.into())), None]
}

/// Only a human can help.
pub(super) fn stalled(reason: Reason, why: &str) -> Row<'_> {
    [Some((False, reason, why.into())), None, Some((True, reason, why.into()))]
}
