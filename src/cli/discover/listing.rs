//! The applications of the regions, from lists that are complete.

use std::collections::BTreeSet;
use std::time::Duration;

use super::progress::Progress;
use crate::api::RegionId;
use crate::domain::set::ListedApp;
use crate::sae::{Class, Client, Error, ListedApplication, candidate};

/// How long one page may take, as in the operator.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One application.
#[derive(Debug, Clone)]
pub(super) struct Application {
    /// Its region.
    pub(super) region: RegionId,
    /// What a set knows of it.
    pub(super) app: ListedApp,
    /// RunningInstances.
    pub(super) running: Option<i64>,
    /// Instances: how many are wanted.
    pub(super) wanted: Option<i64>,
}

/// Why not all applications are known: a line for each region that lacks some.
#[derive(Debug, thiserror::Error)]
#[error("not all applications are known, so none is printed\n  {}", .0.join("\n  "))]
pub(super) struct Incomplete(Vec<String>);

/// Why the list of one region is not complete.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Failed(#[from] Error),
    #[error("SAE counts {counted} applications and lists {listed}; they may be changing: try again")]
    Difference { counted: i64, listed: i64 },
    #[error(
        "SAE does not say how many applications there are, or not the same on each page; some may be missing"
    )]
    NotCounted,
}

impl Problem {
    /// Whether other regions would answer the same, or had better not be asked now.
    fn concerns_all_regions(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        matches!(
            error.class,
            Class::CredentialsMissing
                | Class::CredentialsRejected
                | Class::AccountMismatch
                | Class::Blocked
                | Class::Throttled(_)
        )
    }
}

/// Lists all regions, one after the other: their calls count against one quota. The applications come by region,
/// namespace, name and id.
///
/// # Errors
/// When the list of any region failed or is not complete.
pub(super) async fn list(
    client: &Client,
    regions: &BTreeSet<RegionId>,
) -> Result<Vec<Application>, Incomplete> {
    let mut progress = Progress::new(regions.len());
    let (mut applications, mut problems) = (Vec::new(), Vec::new());
    let mut regions = regions.iter();
    for region in regions.by_ref() {
        match list_region(client, region, &mut progress).await {
            Ok(listed) => applications.extend(listed),
            Err(problem) => {
                problems.push(format!("{region}: {problem}"));
                if problem.concerns_all_regions() {
                    break;
                }
            }
        }
    }
    if !problems.is_empty() {
        problems.extend(regions.map(|region| format!("{region}: not asked any more")));
        return Err(Incomplete(problems));
    }
    applications.sort_by(|one, other| place(one).cmp(&place(other)));
    Ok(applications)
}

/// The applications of a region that can be watched: those that have an id and are not being deleted.
async fn list_region(
    client: &Client,
    region: &RegionId,
    progress: &mut Progress,
) -> Result<Vec<Application>, Problem> {
    progress.begin(region);
    let list = client.applications(region, TIMEOUT, |page| progress.add(page.len())).await?;
    if let Some(difference) = list.difference {
        let listed = i64::try_from(list.entries.len()).unwrap_or(i64::MAX);
        return Err(Problem::Difference { counted: listed.saturating_add(difference), listed });
    }
    if !list.is_counted {
        return Err(Problem::NotCounted);
    }
    progress.end(list.entries.len());
    Ok(list.entries.into_iter().filter_map(|listed| application(region, listed)).collect())
}

fn application(region: &RegionId, listed: ListedApplication) -> Option<Application> {
    let id = candidate(&listed)?;
    let ListedApplication { name, namespace, instances, running, tags, .. } = listed;
    let app = ListedApp { id, name: name.map(Into::into), namespace: namespace.map(Into::into), tags };
    Some(Application { region: region.clone(), app, running, wanted: instances })
}

fn place(one: &Application) -> (&RegionId, Option<&str>, Option<&str>, &str) {
    let ListedApp { id, name, namespace, .. } = &one.app;
    (&one.region, namespace.as_deref(), name.as_deref(), id.as_str())
}
