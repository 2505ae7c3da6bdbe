//! DescribeApplicationStatus: whether one application is stopped.

use super::Call;
use crate::api::{AppId, RegionId};
use crate::domain::Target;
use crate::sae::{Answer, Error, Operation, Query};

/// The state of one application: DescribeApplicationStatus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
}

impl StatusCall {
    /// The state of a target's application.
    pub fn new(target: &Target) -> Self {
        Self { region: target.region.clone(), app: target.app.clone() }
    }
}

impl Call for StatusCall {
    const OPERATION: Operation = Operation::Status;
    type Reply = bool;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app } = self;
        Query::new([("AppId", app.as_str())])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.is_stopped()
    }
}
