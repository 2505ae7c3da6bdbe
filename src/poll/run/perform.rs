//! What a job does: polls a target, sweeps a region, lists applications for their names and ids, or asks why one is
//! unwell.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::caller::{Caller, Paced};
use super::shared::Shared;
use crate::domain::diagnosis::assemble;
use crate::poll::scheduler::{Job, JobRun, Lookup, Plan, PollError};
use crate::poll::targets::{ApplicationsList, Sweep, SweepEnd};
use crate::sae::{Api, AskError, AvailabilityCall, ListedApplication};

/// How long one call may take that no watch owns: as long as a call of a watch by default.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

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
            let mut caller = Caller::new(api, Paced::new(shared.clone(), run), LIST_TIMEOUT);
            let result = sweep(&mut caller, &shared, run, region).await;
            shared.scheduler().end_sweep(run, result, Instant::now());
        }
        Job::LookUp(lookup) => {
            let timeout = lookup.timeout.unwrap_or(LIST_TIMEOUT);
            let mut caller = Caller::new(api, Paced::new(shared.clone(), run), timeout);
            let result = look_up(&mut caller, &lookup).await;
            shared.scheduler().end_lookup(run, &lookup.region, &result, Instant::now());
        }
        Job::Diagnose(question, timeout) => {
            let mut caller = Caller::new(api, Paced::new(shared.clone(), run), timeout);
            let evidence = caller.diagnose(&question).await;
            // Before the scheduler is locked: hundreds of events are sorted and cut.
            let answer = evidence.ok().map(|evidence| assemble(&evidence, question.since));
            shared.scheduler().end_diagnosis(run, answer, Instant::now());
        }
    }
}

/// Lists the applications that are looked for, to the end: whether one is missing is known only then.
async fn look_up<A: Api>(
    caller: &mut Caller<A>,
    lookup: &Lookup,
) -> Result<Vec<ListedApplication>, PollError> {
    let Lookup { region, named, list, timeout: _ } = lookup;
    if let Some(named) = named {
        return caller.list_named(region, named.clone()).await;
    }
    let (list, _) = caller.list_region(region, list.page_size, list.difference, |_| {}).await?;
    Ok(list.entries)
}

/// Reads the two lists of a region, that of abnormal instances first: what its hints are about, their polls have seen
/// when the other list shows moved numbers, and numbers can be compared with what a poll has seen; a hint cannot. Each
/// page is reported as it comes, since an application on the first page that moved need not wait for the last page.
async fn sweep<A: Api>(
    caller: &mut Caller<A>,
    shared: &Shared,
    run: JobRun,
    sweep: Sweep,
) -> Result<SweepEnd, PollError> {
    let Sweep { region, availability, applications } = sweep;
    if availability {
        match caller.ask(&AvailabilityCall { region: region.clone() }).await {
            Ok(list) => shared.scheduler().listed_abnormal(run, &list, Instant::now()),
            Err(AskError::Failed(error)) => {
                shared.scheduler().availability_failed(run, &error, Instant::now());
            }
            Err(closed) => return Err(closed),
        }
    }
    let Some(ApplicationsList { page_size, difference }) = applications else { return Ok(SweepEnd::Left) };
    let see = |page: &[ListedApplication]| shared.scheduler().listed(run, page, Instant::now());
    let (list, page_size) = caller.list_region(&region, page_size, difference, see).await?;
    Ok(SweepEnd::Listed { list, page_size })
}
