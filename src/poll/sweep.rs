//! One pre-check of one region: its applications, page by page.

use tokio::time::Instant;

use super::account::Shared;
use super::caller::{Caller, PollError};
use super::precheck::{Sweep, SweepEnd};
use super::turn::Turn;
use crate::sae::{Api, ApplicationCounts, ApplicationsCall};

/// Lists the applications of a region. Each page is handed to the account as it comes, since who moved on the
/// first page need not wait for the last.
pub(super) async fn sweep<A: Api>(
    caller: &mut Caller<A>,
    shared: &Shared,
    turn: Turn,
    sweep: Sweep,
) -> Result<SweepEnd, PollError> {
    let Sweep { region, difference } = sweep;
    let call = ApplicationsCall::first(&region);
    let see = |page: &[ApplicationCounts]| shared.account().listed(turn, page, Instant::now());
    let list = caller.list(call, |call| &mut call.page, difference, see).await?;
    Ok(SweepEnd::Complete { pages: list.pages, difference: list.difference })
}
