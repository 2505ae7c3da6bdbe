//! ListAppEvents: what the cluster under an application says.

use super::Call;
use crate::api::{AppId, NamespaceId, RegionId};
use crate::domain::diagnosis::AppEvent;
use crate::sae::{Answer, Error, Operation, Query};

/// How many events are listed. No order is documented, so these should be all of an hour.
const EVENTS: u32 = 500;

/// The Warning events of one application, the first page: ListAppEvents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
    /// Namespace: the id of the application's.
    pub namespace: NamespaceId,
}

impl Call for EventsCall {
    const OPERATION: Operation = Operation::Events;
    type Reply = Vec<AppEvent>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app, namespace } = self;
        Query::new([
            ("AppId", app.as_str()),
            ("CurrentPage", "1"),
            ("EventType", "Warning"),
            ("Namespace", namespace.as_str()),
            ("PageSize", &EVENTS.to_string()),
        ])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.events()
    }
}
