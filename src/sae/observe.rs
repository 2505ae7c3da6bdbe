//! One poll of a target, unpaced: every call goes out at once. For people, and for programs that poll now and then.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use super::ask::{AskError, Asker, Gate};
use super::walk::{Known, Walked};
use super::{APPLICATIONS_PAGE_SIZES, Client, Error, ListedApplication, Listing, Operation, named, the_one};
use crate::api::{AppId, RegionId};
use crate::domain::{Named, Observation, Target};

/// Lets every call out.
pub(super) struct Unpaced;

impl Client {
    /// Polls once. `timeout` is for each call. What SAE wants signed anew is asked once more; nothing else is.
    pub async fn observe(&self, target: &Target, timeout: Duration) -> Result<Observation, Error> {
        let mut asker = Asker::new(Arc::new(self.clone()), Unpaced, timeout);
        match asker.walk(target, Known::default()).await {
            Ok(Walked { groups, instances, stopped, .. }) => {
                Ok(Observation { at: self.now(), groups, instances, stopped })
            }
            Err(AskError::Failed(error)) => Err(error),
        }
    }

    /// The id of the application with this name, from a list that is read to its end. `timeout` is for each page.
    pub async fn find(
        &self,
        region: &RegionId,
        named: &Arc<Named>,
        timeout: Duration,
    ) -> Result<AppId, Error> {
        let mut asker = Asker::new(Arc::new(self.clone()), Unpaced, timeout);
        match asker.list_named(region, named.clone()).await {
            Ok(list) => the_one(&list, named, None).ok_or_else(|| Error::application_not_found(named)),
            Err(AskError::Failed(error)) => Err(error),
        }
    }

    /// The applications of a region, from a list that is read to its end. `timeout` is for each page; `see` is shown each
    /// page as it comes.
    pub(crate) async fn applications(
        &self,
        region: &RegionId,
        timeout: Duration,
        see: impl FnMut(&[ListedApplication]) + Send,
    ) -> Result<Listing<ListedApplication>, Error> {
        let (page_size, _) = APPLICATIONS_PAGE_SIZES;
        let mut asker = Asker::new(Arc::new(self.clone()), Unpaced, timeout);
        match asker.list_region(region, page_size, None, see).await {
            Ok((list, _)) => Ok(list),
            Err(AskError::Failed(error)) => Err(error),
        }
    }

    /// The names of all applications of a region, by their ids. `timeout` is for each page.
    pub async fn names(
        &self,
        region: &RegionId,
        timeout: Duration,
    ) -> Result<BTreeMap<AppId, Arc<Named>>, Error> {
        let list = self.applications(region, timeout, |_| {}).await?;
        let name = |listed: &ListedApplication| Some((listed.app.parse().ok()?, named(listed)?));
        Ok(list.entries.iter().filter_map(name).collect())
    }
}

impl Gate for Unpaced {
    type Closed = Infallible;

    async fn permit(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn answered(&mut self, _: Operation, _: Option<&Error>) {}
}
