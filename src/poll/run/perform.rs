//! What a job does: polls a target, or lists the applications of a region.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::caller::{Caller, Paced};
use super::shared::Shared;
use crate::poll::scheduler::{Job, JobRun, Plan, PollError};
use crate::poll::targets::{Sweep, SweepEnd};
use crate::sae::{Api, ApplicationsCall, ListedApplication};

/// How long one page of a pre-check may take: as long as a call of a watch by default. No watch owns it.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(10);

/// Does one job and reports how it ended.
pub(super) async fn perform<A: Api>(api: Arc<A>, shared: Arc<Shared>, run: JobRun, job: Job) {
    match job {
        Job::Poll(plan) => {
            let Plan { target, timeout, known } = plan;
            let mut caller = Caller::new(api, Paced::new(shared.clone(), run), timeout);
            let result = caller.walk(&target, known).await;
            shared.scheduler().end_poll(run, result, Instant::now());
        }
        Job::Sweep(region) => {
            let mut caller = Caller::new(api, Paced::new(shared.clone(), run), SWEEP_TIMEOUT);
            let result = sweep(&mut caller, &shared, run, region).await;
            shared.scheduler().end_sweep(run, result, Instant::now());
        }
    }
}

/// Lists the applications of a region. Each page is reported as it comes, since an application on the first page
/// that moved need not wait for the last page.
async fn sweep<A: Api>(
    caller: &mut Caller<A>,
    shared: &Shared,
    run: JobRun,
    sweep: Sweep,
) -> Result<SweepEnd, PollError> {
    let Sweep { region, difference } = sweep;
    let call = ApplicationsCall::first(&region);
    let see = |page: &[ListedApplication]| shared.scheduler().listed(run, page, Instant::now());
    let list = caller.list(call, |call| &mut call.page, difference, see).await?;
    Ok(SweepEnd::Complete {
        pages: list.pages,
        applications: list.entries.len(),
        difference: list.difference,
    })
}
