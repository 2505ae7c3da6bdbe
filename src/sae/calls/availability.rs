//! GetAvailabilityMetric: the applications of a region with the most abnormal instances.

use super::{Call, MICRO_SERVICE};
use crate::api::RegionId;
use crate::sae::{Answer, Error, Operation, Query};

/// How many applications the list has at most: the most that Limit takes.
pub(crate) const AVAILABILITY_LIMIT: u32 = 100;

/// GetAvailabilityMetric. It has no pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvailabilityCall {
    /// The region that is asked.
    pub region: RegionId,
}

/// One application, as GetAvailabilityMetric lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbnormalInstances {
    /// AppId.
    pub app: String,
    /// ErrorInstances: how many instances SAE calls abnormal.
    pub abnormal: Option<i64>,
}

impl Call for AvailabilityCall {
    const OPERATION: Operation = Operation::Availability;
    type Reply = Vec<AbnormalInstances>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let limit = AVAILABILITY_LIMIT.to_string();
        let pairs = [("AppSource", MICRO_SERVICE), ("Limit", &limit), ("RegionId", self.region.as_str())];
        Query::new(pairs)
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.abnormal_instances()
    }
}
