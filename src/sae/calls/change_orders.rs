//! ListChangeOrders and DescribeChangeOrder: what was changed about an application.

use super::Call;
use crate::api::{AppId, RegionId};
use crate::domain::diagnosis::ChangeOrder;
use crate::sae::{Answer, Error, Operation, Query};

/// How many change orders are listed.
const CHANGE_ORDERS: u32 = 10;

/// The first change orders of one application: ListChangeOrders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOrdersCall {
    /// The region that is asked.
    pub region: RegionId,
    /// AppId.
    pub app: AppId,
}

/// One change order: DescribeChangeOrder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeOrderCall {
    /// The region that is asked.
    pub region: RegionId,
    /// ChangeOrderId, as a list has it.
    pub id: String,
}

impl Call for ChangeOrdersCall {
    const OPERATION: Operation = Operation::ChangeOrders;
    type Reply = Vec<ChangeOrder>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        let Self { region: _, app } = self;
        Query::new([("AppId", app.as_str()), ("CurrentPage", "1"), ("PageSize", &CHANGE_ORDERS.to_string())])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.change_orders()
    }
}

impl Call for ChangeOrderCall {
    const OPERATION: Operation = Operation::ChangeOrder;
    /// Its message, if it has one.
    type Reply = Option<String>;

    fn region(&self) -> &RegionId {
        &self.region
    }

    fn query(&self) -> Query {
        Query::new([("ChangeOrderId", &self.id)])
    }

    fn read(&self, answer: Answer) -> Result<Self::Reply, Error> {
        answer.change_order_message()
    }
}
