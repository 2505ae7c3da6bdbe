//! The calls of one life of the operator: each is admitted by the script and answered from it, a way there and back later.

use std::time::Duration;

use saewatch::domain::{ObservedGroup, ObservedInstance};
use saewatch::sae::{
    AbnormalInstances, ApplicationsCall, Ask, AvailabilityCall, Class, Error, GroupsCall, InstancesCall,
    ListedApplication, Operation, Page, StatusCall,
};
use tokio::time::sleep;

use super::{ListTrouble, Sae, Script, error};
use crate::life::Life;

/// How many instances the client asks a page to hold.
const PAGE_SIZE: usize = 100;

/// How long a call takes there, and how long back.
const WAY: Duration = Duration::from_millis(20);

/// The way of one life of the operator to SAE.
pub struct Line {
    pub(super) sae: Sae,
    life: Life,
}

impl Line {
    pub(super) fn new(sae: Sae, life: Life) -> Self {
        Self { sae, life }
    }

    pub(super) async fn answer<T>(
        &self,
        operation: Operation,
        app: &str,
        read: impl FnOnce(&Script) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let call = async {
            let slower = self.sae.script().slower();
            sleep(WAY + slower).await;
            let answer = self.sae.admit(operation, app).and_then(|()| read(&self.sae.script()));
            sleep(WAY).await;
            answer
        };
        self.life.call(call).await
    }
}

impl Ask<InstancesCall> for Line {
    async fn ask(&self, call: &InstancesCall, _: Duration) -> Result<Page<ObservedInstance>, Error> {
        self.answer(Operation::Instances, call.app.as_str(), |script| {
            let is_meant = |one: &&ObservedInstance| {
                one.group_id.as_deref() == Some(call.group.as_str())
                    && call.instance.as_ref().is_none_or(|id| one.id == id.as_str())
            };
            let instances = &script.application(call.app.as_str())?.instances;
            let before = (call.page as usize - 1) * PAGE_SIZE;
            let page = instances.iter().filter(is_meant).skip(before).take(PAGE_SIZE);
            let total = u64::try_from(instances.iter().filter(is_meant).count()).ok();
            Ok(Page { entries: page.cloned().collect(), total })
        })
        .await
    }
}

impl Ask<GroupsCall> for Line {
    async fn ask(&self, call: &GroupsCall, _: Duration) -> Result<Page<ObservedGroup>, Error> {
        let app = call.app.as_str();
        self.answer(Operation::Groups, app, |script| {
            Ok(Page { entries: script.application(app)?.groups.clone(), total: None })
        })
        .await
    }
}

impl Ask<ApplicationsCall> for Line {
    async fn ask(
        &self,
        call: &ApplicationsCall,
        timeout: Duration,
    ) -> Result<Page<ListedApplication>, Error> {
        let trouble = self.sae.script().list_trouble(call.page);
        if matches!(trouble, Some(ListTrouble::Hang)) {
            self.answer(Operation::Applications, "", |_| Ok(())).await?;
            sleep(timeout).await;
            return Err(error(Class::Transient(None), "Timeout"));
        }
        self.answer(Operation::Applications, "", |script| script.list(call, trouble)).await
    }
}

impl Ask<AvailabilityCall> for Line {
    async fn ask(&self, _: &AvailabilityCall, _: Duration) -> Result<Vec<AbnormalInstances>, Error> {
        self.answer(Operation::Availability, "", |_| Ok(Vec::new())).await
    }
}

impl Ask<StatusCall> for Line {
    async fn ask(&self, call: &StatusCall, _: Duration) -> Result<bool, Error> {
        let app = call.app.as_str();
        self.answer(Operation::Status, app, |script| Ok(script.application(app)?.stopped)).await
    }
}
