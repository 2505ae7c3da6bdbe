//! What SAE answers when it is asked why an application is unwell.

use jiff::Timestamp;

use crate::api::Incomplete;

/// A change order, as ListChangeOrders lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeOrder {
    /// ChangeOrderId.
    pub id: String,
    /// CoTypeCode.
    pub kind: Option<String>,
    /// Status, a number.
    pub status: Option<String>,
    /// CreateTime, which has no time zone.
    pub created_at: Option<String>,
}

/// An event, as ListAppEvents lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppEvent {
    /// EventType.
    pub kind: Option<String>,
    /// Reason.
    pub reason: Option<String>,
    /// ObjectKind.
    pub object_kind: Option<String>,
    /// ObjectName.
    pub object_name: Option<String>,
    /// Message.
    pub message: Option<String>,
    /// CauseAnalysis.
    pub cause: Option<String>,
    /// FirstTimestamp.
    pub first_at: Option<Timestamp>,
    /// LastTimestamp.
    pub last_at: Option<Timestamp>,
}

/// What SAE answered, or why it did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// When it was asked.
    pub at: Timestamp,
    /// The first change orders.
    pub orders: Result<Vec<ChangeOrder>, Incomplete>,
    /// What SAE says of the newest of them, where that is asked.
    pub message: Result<Option<String>, Incomplete>,
    /// The Warning events.
    pub events: Result<Vec<AppEvent>, Incomplete>,
}
