//! DescribeApplicationStatus: whether an application runs, and its last change order.

use serde_json::{Value, json};

use super::Question;
use crate::refusal::Refusal;

pub(super) fn describe(question: Question<'_>) -> Result<Value, Refusal> {
    let application = question.application()?;
    let changing = application.rollout.is_some();
    let sick = application.instances().any(|instance| !instance.runs() && !instance.is_terminating());
    Ok(json!({ "Data": {
        "AppId": application.id,
        "CurrentStatus": if application.stopped { "STOPPED" } else { "RUNNING" },
        "SubStatus": if sick && !changing { "RUNNING_BUT_HAS_ERROR" } else { "NORMAL" },
        "RunningInstances": application.running_instances(),
        // Text on purpose: the API writes this time as a string of epoch milliseconds.
        "CreateTime": "1558442609000",
        "LastChangeOrderId": application.change_orders.last().map_or("", |order| &order.change_order_id),
        "LastChangeOrderRunning": changing,
        "LastChangeOrderStatus": if changing { "RUNNING" } else { "SUCCESS" },
        "ArmsAdvancedEnabled": "false",
        "ArmsApmInfo": "",
        "EnableAgent": false,
        "FileSizeLimit": 10240,
    }}))
}
