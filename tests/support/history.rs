//! What SAE has to say of an application that is unwell: its change orders and its Warning events. And what can go wrong
//! with one operation.
#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::time::Duration;

use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use saewatch::api::Incomplete;
use saewatch::domain::diagnosis::{AppEvent, ChangeOrder};
use saewatch::sae::{Class, Error, Operation};
use tokio::time::sleep;

/// What SAE says of one application.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    pub orders: Vec<ChangeOrder>,
    /// What DescribeChangeOrder says of each of them.
    pub message: Option<String>,
    pub events: Vec<AppEvent>,
}

/// What goes wrong with each call of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTrouble {
    Denied,
    Throttled,
    /// It does not come, until the client gives up.
    Hangs,
    Fails,
    Unreadable,
}

impl History {
    /// A deploy that failed since its instance never became ready.
    pub fn failed_deploy(at: Timestamp) -> Self {
        let probe = "Readiness probe failed: HTTP probe failed with statuscode: 503";
        Self {
            orders: vec![order("order-2", "3", at), order("order-1", "2", at - Span::new().hours(30))],
            message: Some(
                "batch 1 failed: 1 of 3 instances did not become ready within 10 minutes".to_owned(),
            ),
            events: vec![warning("Unhealthy", "shop-7d9-x2x4x", probe, at)],
        }
    }
}

/// A deploy with one of SAE's numbers for its status.
pub fn order(id: &str, status: &str, at: Timestamp) -> ChangeOrder {
    ChangeOrder {
        id: id.to_owned(),
        kind: Some("CoDeploy".to_owned()),
        status: Some(status.to_owned()),
        created_at: Some(Offset::constant(8).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()),
    }
}

/// A Warning event of a pod.
pub fn warning(reason: &str, pod: &str, message: &str, at: Timestamp) -> AppEvent {
    AppEvent {
        kind: Some("Warning".to_owned()),
        reason: Some(reason.to_owned()),
        object_kind: Some("Pod".to_owned()),
        object_name: Some(pod.to_owned()),
        message: Some(message.to_owned()),
        cause: None,
        first_at: Some(at),
        last_at: Some(at),
    }
}

impl CallTrouble {
    pub const ALL: [Self; 5] = [Self::Denied, Self::Throttled, Self::Hangs, Self::Fails, Self::Unreadable];

    /// What a diagnosis says of it.
    pub fn leaves(self) -> Incomplete {
        match self {
            Self::Denied => Incomplete::AccessDenied,
            Self::Throttled => Incomplete::Throttled,
            Self::Hangs | Self::Fails => Incomplete::Failed,
            Self::Unreadable => Incomplete::Unreadable,
        }
    }

    /// The error of a call that may take `timeout`.
    pub async fn meet(self, operation: Operation, timeout: Duration) -> Error {
        let (class, code) = match self {
            Self::Denied => (Class::Denied, Some("NoPermission")),
            Self::Throttled => (Class::Throttled(None), Some("Throttling.User")),
            Self::Hangs => (Class::Transient(None), None),
            Self::Fails => (Class::Transient(None), Some("ServiceUnavailable")),
            Self::Unreadable => (Class::Malformed, None),
        };
        if self == Self::Hangs {
            sleep(timeout).await;
        }
        Error { code: code.map(str::to_owned), ..Error::new(operation.name(), class, "as the test wants it") }
    }
}
