//! What happened to an application: its change orders, and the Warning events of the cluster below it.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::application::Application;
use crate::instance::Instance;

/// A change order under way.
const RUNNING: i64 = 1;
/// One that went well.
const SUCCEEDED: i64 = 2;
/// One that did not.
const FAILED: i64 = 3;

/// A change order. The fields are the API's own, so that a test can set any of them to anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ChangeOrder {
    /// Its id.
    pub change_order_id: String,
    /// What it does, such as `CoDeploy`.
    pub co_type_code: String,
    /// How it stands, as a number.
    pub status: i64,
    /// When it was made, in China and without a time zone.
    pub create_time: String,
    /// What DescribeChangeOrder says of it.
    pub error_message: String,
}

/// An event of the cluster below an application, likewise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(clippy::struct_field_names, reason = "SAE's own names")]
pub struct AppEvent {
    /// The kind of what it is about.
    pub object_kind: String,
    /// The name of what it is about.
    pub object_name: String,
    /// `Warning` or `Normal`.
    pub event_type: String,
    /// Its reason.
    pub reason: String,
    /// What it says.
    pub message: String,
    /// When it came first.
    pub first_timestamp: String,
    /// When it came last.
    pub last_timestamp: String,
    /// What SAE takes for the cause.
    pub cause_analysis: String,
}

impl ChangeOrder {
    pub(crate) fn is_running(&self) -> bool {
        self.status == RUNNING
    }
}

impl Application {
    /// A change begins.
    pub(crate) fn begin_order(&mut self, co_type_code: &str) {
        let number = self.change_orders.len() + 1;
        self.change_orders.push(ChangeOrder {
            change_order_id: format!("{}-order-{number}", self.id),
            co_type_code: co_type_code.to_owned(),
            status: RUNNING,
            create_time: Offset::constant(8).to_datetime(Timestamp::now()).strftime("%F %T").to_string(),
            error_message: String::new(),
        });
    }

    /// The change that began last is over, with this message if it failed.
    pub(crate) fn end_order(&mut self, failure: Option<&str>) {
        if let Some(order) = self.change_orders.last_mut().filter(|order| order.is_running()) {
            order.status = if failure.is_some() { FAILED } else { SUCCEEDED };
            failure.unwrap_or("success").clone_into(&mut order.error_message);
        }
    }

    /// The events that were set, and those that its unwell instances give at this time.
    pub(crate) fn all_events(&self) -> impl Iterator<Item = AppEvent> {
        self.events.iter().cloned().chain(self.instances().filter_map(warning))
    }
}

fn warning(instance: &Instance) -> Option<AppEvent> {
    let reason = match instance.instance_container_status.as_str() {
        "CrashLoopBackOff" | "ImagePullBackOff" => "BackOff",
        "OOMKilled" => "OOMKilling",
        "Running" => "Unhealthy",
        _ => return None,
    };
    let message = instance.unhealthy_message.clone();
    let time = |millis| Timestamp::from_millisecond(millis).map(|time| time.strftime("%FT%TZ").to_string());
    (instance.fails() && !message.is_empty()).then(|| AppEvent {
        object_kind: "Pod".to_owned(),
        object_name: instance.instance_id.clone(),
        event_type: "Warning".to_owned(),
        reason: reason.to_owned(),
        message,
        first_timestamp: time(instance.create_time_stamp).unwrap_or_default(),
        last_timestamp: time(crate::instance::now()).unwrap_or_default(),
        cause_analysis: String::new(),
    })
}
