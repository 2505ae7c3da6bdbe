//! ListChangeOrders and DescribeChangeOrder: what was changed about an application, the newest first.

use serde_json::{Value, json};

use super::Question;
use super::page::{LARGEST, Page};
use crate::history::ChangeOrder;
use crate::refusal::{self, Refusal};

pub(super) fn list(question: Question<'_>) -> Result<Value, Refusal> {
    let application = question.application()?;
    let page = Page::read(question, LARGEST)?;
    let fits =
        |parameter, value: &str| question.request.parameter(parameter).is_none_or(|asked| asked == value);
    let is_asked_for = |order: &&ChangeOrder| {
        fits("CoType", &order.co_type_code) && fits("CoStatus", &order.status.to_string())
    };
    let orders: Vec<_> = application.change_orders.iter().rev().filter(is_asked_for).collect();
    let row = |order: &&ChangeOrder| {
        let mut row = show(order, &application.id);
        row["GroupId"] = json!("_all_groups");
        row["BatchType"] = json!("auto");
        row["FinishTime"] = json!(if order.is_running() { "" } else { &order.create_time });
        row["Source"] = json!("console");
        row["UserId"] = json!("simulated");
        row["CreateUserId"] = json!("simulated");
        row
    };
    Ok(json!({ "Data": {
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": orders.len(),
        "ChangeOrderList": page.of(&orders).iter().map(row).collect::<Vec<_>>(),
    }}))
}

pub(super) fn describe(question: Question<'_>) -> Result<Value, Refusal> {
    let id = question.required("ChangeOrderId")?;
    let applications =
        question.applications.values().filter(|application| question.is_in_region(application));
    let orders = applications
        .flat_map(|application| application.change_orders.iter().map(move |order| (application, order)));
    let (application, order) = { orders }
        .find(|(_, order)| order.change_order_id == id)
        .ok_or_else(refusal::unknown_change_order)?;
    let mut data = show(order, &application.id);
    data["AppName"] = json!(application.name);
    data["ApplicationUpdateStrategy"] = json!("");
    data["ApprovalId"] = json!("");
    data["Auto"] = json!(true);
    data["BatchType"] = json!("Automatic");
    data["BatchWaitTime"] = json!(0);
    data["CurrentPipelineId"] = json!("");
    data["ErrorMessage"] = json!(order.error_message);
    data["Pipelines"] = json!([]);
    data["SubStatus"] = json!(0);
    data["SupportRollback"] = json!(false);
    Ok(json!({ "Data": data }))
}

/// What both say of it.
fn show(order: &ChangeOrder, app: &str) -> Value {
    json!({
        "AppId": app,
        "BatchCount": 1,
        "ChangeOrderId": order.change_order_id,
        // A text in the caller's language.
        "CoType": order.co_type_code.trim_start_matches("Co"),
        "CoTypeCode": order.co_type_code,
        "CreateTime": order.create_time,
        "Description": "",
        "Status": order.status,
    })
}
