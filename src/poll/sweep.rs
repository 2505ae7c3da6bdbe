//! One pre-check of one region: its applications, page by page.

use tokio::time::Instant;

use super::account::Shared;
use super::caller::Caller;
use super::halt::Halt;
use super::precheck::{Sweep, SweepEnd};
use super::turn::Turn;
use crate::sae::{Api, ApplicationsCall, Pages};

/// Lists the applications of a region. Each page is told to the account as it comes, since who moved on the
/// first page need not wait for the last.
pub(super) async fn sweep<A: Api>(
    caller: &mut Caller<A>,
    shared: &Shared,
    turn: Turn,
    sweep: Sweep,
) -> Result<SweepEnd, Halt> {
    let Sweep { region, difference } = sweep;
    let mut call = ApplicationsCall { region, page: 1 };
    let (mut list, mut pages) = (Pages::new(difference), 0);
    loop {
        let page = caller.applications(&call).await?;
        pages += 1;
        shared.account().listed(turn, &page.entries, Instant::now());
        match list.take(page).map_err(|error| Halt::of(&error))? {
            Some(next) => call.page = next,
            None => return Ok(SweepEnd::Complete { pages, difference: list.finish().difference }),
        }
    }
}
