//! The calls, one file an operation: its parameters, its query, and what its answer says.
//!
//! Each call is one HTTP request. Paging, retrying and counting belong to the holder of the budget.

mod applications;
mod availability;
mod change_orders;
mod events;
mod groups;
mod instances;
mod status;

use std::time::Duration;

use super::{Answer, Error, Operation, Query};
use crate::api::RegionId;

pub(crate) use applications::APPLICATIONS_PAGE_SIZES;
pub use applications::{ApplicationsCall, ListedApplication};
pub(crate) use availability::AVAILABILITY_LIMIT;
pub use availability::{AbnormalInstances, AvailabilityCall};
pub use change_orders::{ChangeOrderCall, ChangeOrdersCall};
pub use events::EventsCall;
pub use groups::GroupsCall;
pub use instances::InstancesCall;
pub use status::StatusCall;

/// How many instances or groups a page is asked to hold; SAE may answer with fewer. An application has 50 instances unless its owner asked
/// for more, so one page is nearly always all of them.
const PAGE_SIZE: u32 = 100;

/// AppSource of the applications that have instances; SAE keeps web applications and jobs in the same lists.
const MICRO_SERVICE: &str = "micro_service";

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is listed, as it came.
    pub entries: Vec<T>,
    /// TotalSize: how many there are on all pages; absent when the answer leaves it out.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub(in crate::sae) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { entries: self.entries.into_iter().map(change).collect(), total: self.total }
    }
}

/// One request: an operation with its parameters.
pub trait Call: Send + Sync {
    /// The operation.
    const OPERATION: Operation;
    /// What a good answer says.
    type Reply: Send;

    /// The region that is asked.
    fn region(&self) -> &RegionId;

    /// The parameters.
    fn query(&self) -> Query;

    /// Reads the answer.
    fn read(&self, answer: Answer) -> Result<Self::Reply, Error>;
}

/// What answers a call: the real client, or a simulated world in a test of the scheduler.
pub trait Ask<C: Call>: Send + Sync {
    /// Makes the call once. It may take `timeout`.
    fn ask(&self, call: &C, timeout: Duration) -> impl Future<Output = Result<C::Reply, Error>> + Send;
}

/// What answers all of them.
pub trait Api:
    Ask<InstancesCall>
    + Ask<GroupsCall>
    + Ask<ApplicationsCall>
    + Ask<StatusCall>
    + Ask<AvailabilityCall>
    + Ask<ChangeOrdersCall>
    + Ask<ChangeOrderCall>
    + Ask<EventsCall>
    + 'static
{
}

impl<A> Api for A where
    A: Ask<InstancesCall>
        + Ask<GroupsCall>
        + Ask<ApplicationsCall>
        + Ask<StatusCall>
        + Ask<AvailabilityCall>
        + Ask<ChangeOrdersCall>
        + Ask<ChangeOrderCall>
        + Ask<EventsCall>
        + Send
        + Sync
        + 'static
{
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Named, Target};

    fn target() -> Target {
        Target {
            account: None,
            region: "cn-hangzhou".parse().unwrap(),
            app: "app-1".parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        }
    }

    #[test]
    fn page_and_page_size_are_always_said() {
        let plain = InstancesCall::first(&target(), "g 1").query();
        assert_eq!(plain.as_str(), "AppId=app-1&CurrentPage=1&GroupId=g%201&PageSize=100");
        let groups = GroupsCall::first(&target()).query();
        assert_eq!(groups.as_str(), "AppId=app-1&CurrentPage=1&PageSize=100");
        let applications = ApplicationsCall::first(&target().region).query();
        assert_eq!(applications.as_str(), "AppSource=micro_service&CurrentPage=1&PageSize=1000");
        let availability = AvailabilityCall { region: target().region }.query();
        assert_eq!(availability.as_str(), "AppSource=micro_service&Limit=100&RegionId=cn-hangzhou");
        assert_eq!(StatusCall::new(&target()).query().as_str(), "AppId=app-1");
        let Target { region, app, .. } = target();
        let orders = ChangeOrdersCall { region: region.clone(), app: app.clone() }.query();
        assert_eq!(orders.as_str(), "AppId=app-1&CurrentPage=1&PageSize=10");
        let events = EventsCall { region, app, namespace: "cn-hangzhou:prod".parse().unwrap() }.query();
        assert_eq!(
            events.as_str(),
            "AppId=app-1&CurrentPage=1&EventType=Warning&Namespace=cn-hangzhou%3Aprod&PageSize=500"
        );
    }

    #[test]
    fn a_change_order_is_asked_for_by_its_id_whatever_it_holds() {
        let call = ChangeOrderCall { region: target().region, id: "a b&AppId=x/空".to_owned() };
        assert_eq!(call.query().as_str(), "ChangeOrderId=a%20b%26AppId%3Dx%2F%E7%A9%BA");
    }

    #[test]
    fn applications_are_asked_for_by_name_and_namespace() {
        let named = Named { name: "shop".parse().unwrap(), namespace: "cn-hangzhou:prod".parse().unwrap() };
        let call =
            ApplicationsCall { named: Some(named.into()), ..ApplicationsCall::first(&target().region) };
        assert_eq!(
            call.query().as_str(),
            "AppName=shop&AppSource=micro_service&CurrentPage=1&NamespaceId=cn-hangzhou%3Aprod&PageSize=1000"
        );
    }

    #[test]
    fn every_documented_parameter_can_be_sent() {
        let call = InstancesCall {
            instance: Some("i-1".parse().unwrap()),
            pipeline: Some("p-1".parse().unwrap()),
            page: 2,
            ..InstancesCall::first(&target(), "g")
        };
        assert_eq!(
            call.query().as_str(),
            "AppId=app-1&CurrentPage=2&GroupId=g&InstanceId=i-1&PageSize=100&PipelineId=p-1"
        );
    }
}
