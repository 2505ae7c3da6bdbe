//! From a good envelope to what a diagnosis is made of: change orders and events.

use serde::Deserialize;

use super::decode::read_object;
use super::lenient::{Field, Integer, OneOrMany, Text};
use super::operation::Operation;
use super::{Answer, Error};
use crate::domain::diagnosis::{AppEvent, ChangeOrder};

/// `Data` of the three operations; each fills some of it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Data<'a> {
    #[serde(borrow)]
    change_order_list: OneOrMany<Order<'a>>,
    app_event_entity: OneOrMany<Event<'a>>,
    total_size: Option<Integer>,
    error_message: Text<'a>,
}

/// An entry of `ChangeOrderList`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Order<'a> {
    #[serde(borrow)]
    change_order_id: Text<'a>,
    co_type_code: Text<'a>,
    status: Text<'a>,
    create_time: Text<'a>,
}

/// An entry of `AppEventEntity`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Event<'a> {
    #[serde(borrow)]
    object_kind: Text<'a>,
    object_name: Text<'a>,
    event_type: Text<'a>,
    reason: Text<'a>,
    message: Text<'a>,
    cause_analysis: Text<'a>,
    first_timestamp: Text<'a>,
    last_timestamp: Text<'a>,
}

impl Answer {
    /// The change orders of ListChangeOrders. One without an id is left out: nothing can be asked about it.
    pub fn change_orders(mut self) -> Result<Vec<ChangeOrder>, Error> {
        let body = self.text(Operation::ChangeOrders)?;
        self.decode(Operation::ChangeOrders, &body, |data, _| {
            let Data { change_order_list: Field(listed), total_size, .. } = read_object(data)?;
            let listed = listed.or_else(|| is_zero(total_size).then(Vec::new));
            let listed = listed.ok_or("the answer has neither ChangeOrderList nor a TotalSize of 0")?;
            Ok(listed.into_iter().filter_map(Order::listed).collect())
        })
    }

    /// What DescribeChangeOrder says of a change order.
    pub fn change_order_message(mut self) -> Result<Option<String>, Error> {
        let body = self.text(Operation::ChangeOrder)?;
        self.decode(Operation::ChangeOrder, &body, |data, _| {
            let Data { error_message, .. } = read_object(data)?;
            // What it says of one that went well.
            Ok(said(&error_message).filter(|message| !message.eq_ignore_ascii_case("success")))
        })
    }

    /// The events of ListAppEvents.
    pub fn events(mut self) -> Result<Vec<AppEvent>, Error> {
        let body = self.text(Operation::Events)?;
        self.decode(Operation::Events, &body, |data, _| {
            let Data { app_event_entity: Field(listed), total_size, .. } = read_object(data)?;
            let listed = listed.or_else(|| is_zero(total_size).then(Vec::new));
            let listed = listed.ok_or("the answer has neither AppEventEntity nor a TotalSize of 0")?;
            Ok(listed.into_iter().map(Event::listed).collect())
        })
    }
}

fn is_zero(total: Option<Integer>) -> bool {
    total.and_then(|Field(total)| total) == Some(0)
}

fn said(text: &Text<'_>) -> Option<String> {
    text.said().map(str::to_owned)
}

impl Order<'_> {
    fn listed(self) -> Option<ChangeOrder> {
        Some(ChangeOrder {
            id: said(&self.change_order_id)?,
            kind: said(&self.co_type_code),
            status: said(&self.status),
            created_at: said(&self.create_time),
        })
    }
}

impl Event<'_> {
    fn listed(self) -> AppEvent {
        let time = |text: &Text<'_>| text.said()?.parse().ok();
        AppEvent {
            kind: said(&self.event_type),
            reason: said(&self.reason),
            object_kind: said(&self.object_kind),
            object_name: said(&self.object_name),
            message: said(&self.message),
            cause: said(&self.cause_analysis),
            first_at: time(&self.first_timestamp),
            last_at: time(&self.last_timestamp),
        }
    }
}
