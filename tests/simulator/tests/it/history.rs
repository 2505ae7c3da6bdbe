//! What was changed about an application, and what the cluster below it says.

use sae_simulator::{AppEvent, Application, ChangeOrder, Fault, Operation, Simulator};
use serde_json::{Value, json};

use crate::client::{Ask, Reply};
use crate::fixtures::shop;

async fn ask(sim: &Simulator, operation: Operation, query: &[(&str, &str)]) -> Reply {
    Ask::new(sim, operation, query).reply().await
}

async fn orders(sim: &Simulator, query: &[(&str, &str)]) -> Vec<Value> {
    let query = [&[("AppId", "demo-shop")], query].concat();
    let reply = ask(sim, Operation::ListChangeOrders, &query).await;
    reply.body["Data"]["ChangeOrderList"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).clone()
}

async fn events(sim: &Simulator, query: &[(&str, &str)]) -> Vec<Value> {
    let query = [&[("Namespace", "cn-hangzhou"), ("PageSize", "100")], query].concat();
    let reply = ask(sim, Operation::ListAppEvents, &query).await;
    reply.body["Data"]["AppEventEntity"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).clone()
}

fn column(rows: &[Value], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}

#[tokio::test]
async fn each_change_leaves_a_change_order_and_the_newest_is_first() {
    let sim = shop(2);
    assert_eq!(orders(&sim, &[]).await, Vec::<Value>::new());
    sim.update("demo-shop", |app| {
        app.deploy("demo/shop:v2");
        app.finish_deploy();
        app.stop();
        app.start();
        app.deploy("demo/shop:v3");
    });
    let all = orders(&sim, &[]).await;
    let kinds = ["CoDeploy", "CoStartApplication", "CoStopApplication", "CoDeploy"];
    assert_eq!(column(&all, "CoTypeCode"), kinds);
    assert_eq!(column(&all, "Status"), [1, 2, 2, 2]);
    let deploys = orders(&sim, &[("CoType", "CoDeploy"), ("CoStatus", "2"), ("PageSize", "1")]).await;
    assert_eq!(column(&deploys, "ChangeOrderId"), ["demo-shop-order-1"]);

    let query = [("AppId", "demo-shop"), ("PageSize", "3"), ("CurrentPage", "2")];
    let page = ask(&sim, Operation::ListChangeOrders, &query).await;
    assert_eq!((&page.body["Data"]["TotalSize"], &page.body["Data"]["PageSize"]), (&json!(4), &json!(3)));
    assert_eq!(page.body["Data"]["ChangeOrderList"].as_array().unwrap().len(), 1);
    let status = ask(&sim, Operation::DescribeApplicationStatus, &[("AppId", "demo-shop")]).await;
    assert_eq!(status.body["Data"]["LastChangeOrderId"], "demo-shop-order-4");
}

#[tokio::test]
async fn a_deploy_that_fails_says_why_and_one_that_succeeds_says_success() {
    let sim = shop(2);
    let message = async || {
        let newest = orders(&sim, &[]).await[0]["ChangeOrderId"].as_str().unwrap().to_owned();
        let reply = ask(&sim, Operation::DescribeChangeOrder, &[("ChangeOrderId", &newest)]).await;
        assert_eq!(reply.body["TraceId"].as_str().unwrap().len(), 32);
        let data = &reply.body["Data"];
        (data["Status"].clone(), data["ErrorMessage"].clone(), data["CreateTime"].as_str().unwrap().len())
    };
    sim.update("demo-shop", |app| {
        app.deploy("demo/shop:v2");
        app.step();
        app.fail_deploy("batch 1 timed out");
    });
    assert_eq!(message().await, (json!(3), json!("batch 1 timed out"), 19));
    assert!(!sim.update("demo-shop", Application::step), "it is over");
    sim.update("demo-shop", |app| {
        app.deploy("demo/shop:v3");
        app.finish_deploy();
    });
    assert_eq!(message().await, (json!(2), json!("success"), 19));
}

#[tokio::test]
async fn an_unwell_instance_gives_a_warning_as_long_as_it_is_unwell() {
    let sim = shop(4);
    assert_eq!(events(&sim, &[]).await, Vec::<Value>::new());
    sim.update("demo-shop", |app| {
        app.instance(0).crash();
        app.instance(1).fail_image_pull();
        app.instance(2).fail_readiness();
        app.instance(3).run_out_of_memory();
    });
    let warnings = events(&sim, &[("AppId", "demo-shop"), ("EventType", "Warning")]).await;
    assert_eq!(column(&warnings, "Reason"), ["BackOff", "BackOff", "Unhealthy", "OOMKilling"]);
    let fields: Vec<_> = warnings[0].as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 8, "all documented fields: {fields:?}");
    assert!(warnings[0]["LastTimestamp"].as_str().unwrap().ends_with('Z'));
    sim.update("demo-shop", Application::settle);
    assert_eq!(events(&sim, &[]).await, Vec::<Value>::new());
}

#[tokio::test]
async fn orders_and_events_can_be_set_and_the_filters_let_some_through() {
    let sim = shop(1);
    let event = |kind: &str, name: &str, event_type: &str, reason: &str| AppEvent {
        object_kind: kind.to_owned(),
        object_name: name.to_owned(),
        event_type: event_type.to_owned(),
        reason: reason.to_owned(),
        ..AppEvent::default()
    };
    sim.set_events(
        "demo-shop",
        vec![
            event("Pod", "shop-a-1", "Warning", "BackOff"),
            event("Pod", "shop-b-1", "Normal", "Started"),
            event("Deployment", "shop", "Warning", "BackOffLimit"),
        ],
    );
    for (filter, names) in [
        (("EventType", "Warning"), &["shop-a-1", "shop"][..]),
        (("ObjectKind", "Pod"), &["shop-a-1", "shop-b-1"]),
        (("ObjectName", "shop-a"), &["shop-a-1"]),
        (("Reason", "BackOff"), &["shop-a-1", "shop"]),
        (("AppId", "demo-shop"), &["shop-a-1", "shop-b-1", "shop"]),
    ] {
        assert_eq!(column(&events(&sim, &[filter]).await, "ObjectName"), names, "{filter:?}");
    }
    let order = ChangeOrder { change_order_id: "own".to_owned(), status: 10, ..ChangeOrder::default() };
    sim.set_change_orders("demo-shop", vec![order]);
    assert_eq!(column(&orders(&sim, &[]).await, "Status"), [10]);
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_refused_by_its_code() {
    let sim = shop(1);
    for (operation, query, status, code) in [
        (Operation::ListChangeOrders, &[][..], 400, "MissingAppId"),
        (Operation::ListChangeOrders, &[("AppId", "gone")], 404, "InvalidAppId.NotFound"),
        (
            Operation::ListChangeOrders,
            &[("AppId", "demo-shop"), ("PageSize", "0")],
            400,
            "InvalidParameter.WithMessage",
        ),
        (Operation::DescribeChangeOrder, &[], 400, "MissingChangeOrderId"),
        (Operation::DescribeChangeOrder, &[("ChangeOrderId", "gone")], 400, "InvalidChangeOrder.NotFound"),
        (Operation::ListAppEvents, &[("AppId", "demo-shop")], 400, "MissingNamespace"),
        (
            Operation::ListAppEvents,
            &[("AppId", "demo-shop"), ("Namespace", "cn-hangzhou:other")],
            404,
            "InvalidNamespaceId.NotFound",
        ),
        (
            Operation::ListAppEvents,
            &[("Namespace", "cn-hangzhou"), ("PageSize", "10001")],
            400,
            "InvalidParameter.WithMessage",
        ),
    ] {
        let reply = ask(&sim, operation, query).await;
        assert_eq!(reply.verdict(), (status, code), "{operation} {query:?}");
    }
}

#[tokio::test]
async fn one_operation_can_be_denied_or_struck_while_the_others_answer() {
    let sim = shop(1);
    let query = [("Namespace", "cn-hangzhou")];
    let good = ask(&sim, Operation::ListAppEvents, &query).await;
    assert_eq!((&good.body["Success"], &good.body["TraceId"]), (&json!(true), &Value::Null));
    sim.deny(Operation::ListAppEvents, "NoPermission");
    let denied = ask(&sim, Operation::ListAppEvents, &query).await;
    assert_eq!(denied.body["AccessDeniedDetail"]["AuthAction"], "sae:ListAppEvents");
    sim.allow(Operation::ListAppEvents);
    sim.inject(Fault::html(200).on(Operation::ListAppEvents));
    assert_eq!(orders(&sim, &[]).await, Vec::<Value>::new());
    assert_eq!(ask(&sim, Operation::ListAppEvents, &query).await.body, Value::Null);
}
