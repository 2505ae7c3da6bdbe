//! The control endpoint: what a person with curl, or the demo, can do.

use reqwest::Method;
use sae_simulator::{DOCUMENTED_APP_ID, Operation, Simulator};
use serde_json::{Value, json};

use crate::client::{Ask, Reply, http_client, instances};

async fn control(sim: &Simulator, method: Method, path: &str, body: Value) -> Reply {
    let request = http_client(sim).request(method, format!("{}/_control/{path}", sim.endpoint()));
    Reply::read(request.body(body.to_string()).send().await.unwrap()).await.unwrap()
}

async fn done(sim: &Simulator, method: Method, path: &str, body: Value) -> Value {
    let reply = control(sim, method, path, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

/// A simulator with an application that was made over HTTP.
async fn shop() -> Simulator {
    let sim = Simulator::start();
    let blueprint = json!({ "name": "shop", "groups": [{ "id": "g-1", "replicas": 3 }] });
    done(&sim, Method::PUT, "applications/demo-shop", blueprint).await;
    sim
}

async fn statuses(sim: &Simulator) -> Vec<String> {
    let reply = instances(sim, "demo-shop").reply().await;
    reply.column("InstanceContainerStatus").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_application_can_be_made_looked_at_and_deleted() {
    let sim = shop().await;
    assert_eq!(statuses(&sim).await, ["Running"; 3]);
    let all = done(&sim, Method::GET, "applications", Value::Null).await;
    let ids: Vec<_> = all.as_array().unwrap().iter().map(|app| app["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [DOCUMENTED_APP_ID, "demo-shop"]);
    let one = done(&sim, Method::GET, "applications/demo-shop", Value::Null).await;
    assert_eq!(one["groups"][0]["instances"].as_array().unwrap().len(), 3);
    done(&sim, Method::DELETE, "applications/demo-shop", Value::Null).await;
    assert_eq!(instances(&sim, "demo-shop").reply().await.status, 404);
}

#[tokio::test]
async fn the_story_of_the_demo_can_be_told() {
    let sim = shop().await;
    let happens = async |change: Value| done(&sim, Method::POST, "applications/demo-shop", change).await;
    happens(json!({ "action": "crash", "instance": 1 })).await;
    assert_eq!(statuses(&sim).await, ["CrashLoopBackOff", "Running", "Running"]);
    happens(json!({ "action": "recover", "instance": 1 })).await;
    assert_eq!(statuses(&sim).await, ["Running"; 3]);
    happens(json!({ "action": "fail-image-pull", "instance": 0 })).await;
    assert_eq!(statuses(&sim).await[0], "ImagePullBackOff");
    happens(json!({ "action": "scale", "group": "g-1", "replicas": 4 })).await;
    happens(json!({ "action": "settle" })).await;
    assert_eq!(statuses(&sim).await, ["Running"; 4]);
    happens(json!({ "action": "deploy", "image": "demo/shop:v2" })).await;
    happens(json!({ "action": "step" })).await;
    assert_eq!(statuses(&sim).await[0], "PodInitializing");
    happens(json!({ "action": "fail-deploy", "message": "batch 1 timed out" })).await;
    let orders = Ask::new(&sim, Operation::ListChangeOrders, &[("AppId", "demo-shop")]).reply().await;
    assert_eq!(orders.body["Data"]["ChangeOrderList"][0]["Status"], 3);
    happens(json!({ "action": "stop" })).await;
    assert!(statuses(&sim).await.is_empty());
}

#[tokio::test]
async fn change_orders_and_events_can_be_set() {
    let sim = shop().await;
    let happens = async |change: Value| done(&sim, Method::POST, "applications/demo-shop", change).await;
    let order = json!({ "ChangeOrderId": "own", "Status": 10, "ErrorMessage": "no host has room" });
    happens(json!({ "action": "set-change-orders", "orders": [order] })).await;
    happens(json!({ "action": "set-events", "events": [{ "Reason": "FailedScheduling" }] })).await;
    let described = Ask::new(&sim, Operation::DescribeChangeOrder, &[("ChangeOrderId", "own")]).reply().await;
    assert_eq!(described.body["Data"]["ErrorMessage"], "no host has room");
    let events = Ask::new(&sim, Operation::ListAppEvents, &[("Namespace", "cn-hangzhou")]).reply().await;
    assert_eq!(events.body["Data"]["AppEventEntity"][0]["Reason"], "FailedScheduling");
}

#[tokio::test]
async fn an_application_can_be_given_a_name_a_namespace_and_all_that_lists_filter_by() {
    let sim = shop().await;
    let blueprint = json!({
        "name": "pay", "namespaceId": "cn-beijing:prod", "appSource": "job", "tags": { "team": "a" },
        "stateful": true, "newSaeVersion": "pro", "programmingLanguage": "php",
        "groups": [{ "id": "g-1", "replicas": 1 }],
    });
    done(&sim, Method::PUT, "applications/id-1", blueprint).await;
    let one = done(&sim, Method::GET, "applications/id-1", Value::Null).await;
    assert_eq!((&one["name"], &one["namespaceId"]), (&json!("pay"), &json!("cn-beijing:prod")));
    assert_eq!((&one["region"], &one["appSource"]), (&json!("cn-beijing"), &json!("job")));
    assert_eq!(one["deleting"], false);
    let query = [
        ("AppSource", "job"),
        ("Tags", r#"[{"key":"team","value":"a"}]"#),
        ("IsStateful", "true"),
        ("NewSaeVersion", "pro"),
        ("ProgrammingLanguage", "php"),
    ];
    let list = async || Ask::new(&sim, Operation::ListApplications, &query).reply().await.body;
    assert_eq!(list().await["Data"]["Applications"][0]["AppId"], "id-1");
    let change = json!({ "action": "begin-deletion" });
    assert_eq!(done(&sim, Method::POST, "applications/id-1", change).await["deleting"], true);
    assert_eq!(list().await["Data"]["Applications"][0]["AppDeletingStatus"], true);
}

#[tokio::test]
async fn tags_names_and_canaries_can_be_set_and_pages_struck() {
    let sim = shop().await;
    let blueprint = json!({
        "tags": { "team": "a" }, "deleting": true,
        "children": { "canary": { "groups": [{ "id": "g-1", "replicas": 1 }] } },
    });
    done(&sim, Method::PUT, "applications/pay", blueprint).await;
    let row = async || {
        let body = Ask::new(&sim, Operation::ListApplications, &[("AppName", "pay")]).reply().await.body;
        body["Data"]["Applications"][0].clone()
    };
    let made = row().await;
    assert_eq!((&made["AppDeletingStatus"], &made["Children"][0]["AppId"]), (&json!(true), &json!("canary")));
    for (change, tags) in [
        (json!({ "action": "tag", "key": "team", "value": "b" }), json!({ "team": "b" })),
        (json!({ "action": "tag", "key": "tier", "value": "" }), json!({ "team": "b", "tier": "" })),
        (json!({ "action": "untag", "key": "team" }), json!({ "tier": "" })),
        (json!({ "action": "rename", "name": "pay-2" }), json!({ "tier": "" })),
    ] {
        let shown = done(&sim, Method::POST, "applications/pay", change).await;
        assert_eq!((&shown["tags"], &shown["children"][0]["id"]), (&tags, &json!("canary")));
    }
    let changed = row().await;
    assert_eq!(changed["AppName"], "pay-2");
    assert_eq!(changed["Tags"], json!([{ "Key": "tier", "Value": "" }]));

    let fault = json!({
        "effect": { "kind": "cut-page", "rows": 0 }, "operation": "ListApplications", "page": 1,
    });
    done(&sim, Method::POST, "faults", fault).await;
    assert_eq!((row().await, row().await["AppName"].clone()), (Value::Null, json!("pay-2")));
}

#[tokio::test]
async fn the_lists_can_be_made_useless_and_right_again() {
    let sim = shop().await;
    let crash = json!({ "action": "crash", "instance": 0 });
    done(&sim, Method::POST, "applications/demo-shop", crash).await;
    let rows = async || {
        let reply = Ask::new(&sim, Operation::GetAvailabilityMetric, &[("Limit", "100")]).reply().await;
        reply.body["Data"].as_array().unwrap().len()
    };
    for (list, count) in [
        (json!({ "list": { "kind": "empty" } }), 0),
        (json!({ "age_millis": 60_000 }), 0),
        (json!({ "list": { "kind": "frozen" } }), 1),
        (json!({ "list": { "kind": "random", "seed": 7 } }), 2),
        (json!({ "list": { "kind": "honest" } }), 1),
        (json!({}), 1),
    ] {
        done(&sim, Method::PUT, "availability", list.clone()).await;
        assert_eq!(rows().await, count, "{list}");
    }
    done(&sim, Method::PUT, "availability", json!({ "list": { "kind": "noisy", "seed": 7 } })).await;
    done(&sim, Method::PUT, "accounts/222222222222/availability", json!({ "list": { "kind": "empty" } }))
        .await;

    let list =
        async |size| Ask::new(&sim, Operation::ListApplications, &[("PageSize", size)]).reply().await.body;
    done(&sim, Method::PUT, "settings", json!({ "largest_page": 1, "page_refused_above": 200 })).await;
    assert_eq!(list("200").await["Data"]["PageSize"], 1);
    assert_eq!(list("1000").await["Code"], "InvalidParameter.WithMessage");
    done(&sim, Method::PUT, "settings", json!({ "largest_page": 0, "page_refused_above": 0 })).await;
    assert_eq!(list("1000").await["Data"]["PageSize"], 1000);
}

#[tokio::test]
async fn faults_quota_keys_and_denials_can_be_set() {
    let sim = shop().await;
    let code = async || instances(&sim, "demo-shop").reply().await.verdict().1.to_owned();
    let fault =
        json!({ "effect": { "kind": "error", "status": 503, "code": "ServiceUnavailable", "message": "" } });
    done(&sim, Method::POST, "faults", fault).await;
    assert_eq!((code().await, code().await), ("ServiceUnavailable".to_owned(), "200".to_owned()));

    done(&sim, Method::PUT, "faults", json!({ "probability": 1.0, "seed": 1, "faults": [
        { "effect": { "kind": "success-false", "code": "X", "message": "" }, "operation": "DescribeApplicationInstances" },
    ]})).await;
    assert_eq!(code().await, "400");
    done(&sim, Method::DELETE, "faults", Value::Null).await;

    done(&sim, Method::PUT, "denials/DescribeApplicationInstances", json!({ "code": "NoPermission" })).await;
    assert_eq!(code().await, "NoPermission");
    done(&sim, Method::DELETE, "denials/DescribeApplicationInstances", Value::Null).await;

    done(&sim, Method::PUT, "settings", json!({ "calls_per_minute": 1, "retry_hints": true })).await;
    assert_eq!(code().await, "Throttling.User");
    done(&sim, Method::PUT, "settings", json!({ "calls_per_minute": 0, "clock_offset_seconds": 3600 })).await;
    assert_eq!(code().await, "InvalidTimeStamp.Expired");
    done(&sim, Method::PUT, "settings", json!({ "clock_offset_seconds": 0 })).await;

    done(&sim, Method::PUT, "keys/mine", json!({ "secret": "s" })).await;
    assert_eq!(instances(&sim, "demo-shop").signed_by("mine", "s").reply().await.status, 200);
    done(&sim, Method::DELETE, "keys/mine", Value::Null).await;
    assert_eq!(instances(&sim, "demo-shop").signed_by("mine", "s").reply().await.status, 404);
}

#[tokio::test]
async fn the_log_of_calls_can_be_read_and_leaves_out_the_control_endpoint() {
    let sim = shop().await;
    Ask::new(&sim, Operation::ListApplications, &[("PageSize", "200")]).reply().await;
    let calls = done(&sim, Method::GET, "calls", Value::Null).await;
    assert_eq!(calls.as_array().unwrap().len(), 1);
    assert_eq!(calls[0]["operation"], "ListApplications");
    assert_eq!(calls[0]["query"], json!([["PageSize", "200"]]));
    assert_eq!((&calls[0]["status"], &calls[0]["code"]), (&json!(200), &json!("200")));
    done(&sim, Method::DELETE, "calls", Value::Null).await;
    assert_eq!(done(&sim, Method::GET, "calls", Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_wrong_request_is_told_what_is_wrong() {
    let sim = shop().await;
    for (method, path, body, status, words) in [
        (
            Method::POST,
            "applications/demo-shop",
            json!({ "action": "explode" }),
            400,
            "unknown variant `explode`",
        ),
        (
            Method::POST,
            "applications/demo-shop",
            json!({ "action": "crash", "instance": 9 }),
            404,
            "there are 3",
        ),
        (Method::POST, "applications/gone", json!({ "action": "stop" }), 404, "no application gone"),
        (
            Method::POST,
            "applications/demo-shop",
            json!({ "action": "scale", "group": "x", "replicas": 1 }),
            404,
            "no group x",
        ),
        (Method::PUT, "settings", json!({ "speed": 1 }), 400, "unknown field `speed`"),
        (Method::PUT, "availability", json!({ "list": { "kind": "lost" } }), 400, "unknown variant `lost`"),
        (
            Method::PUT,
            "applications/x",
            json!({ "appSource": "function" }),
            400,
            "unknown variant `function`",
        ),
        (Method::PUT, "denials/Everything", json!({ "code": "NoPermission" }), 404, "Everything"),
        (Method::GET, "nothing", Value::Null, 404, "there is no GET /_control/nothing"),
    ] {
        let reply = control(&sim, method, path, body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert!(reply.text.contains(words), "{}", reply.text);
    }
}

#[tokio::test]
async fn another_account_is_changed_behind_its_number() {
    let sim = shop().await;
    let other = "accounts/222222222222";
    done(&sim, Method::PUT, &format!("{other}/keys/k"), json!({ "secret": "s" })).await;
    let blueprint = json!({ "groups": [{ "id": "g-1", "replicas": 1 }] });
    done(&sim, Method::PUT, &format!("{other}/applications/other-shop"), blueprint).await;
    done(&sim, Method::PUT, &format!("{other}/roles/watcher"), json!({ "externalId": "x" })).await;
    done(&sim, Method::PUT, &format!("{other}/settings"), json!({ "calls_per_minute": 1 })).await;

    let ask = || instances(&sim, "other-shop").signed_by("k", "s");
    assert_eq!(ask().reply().await.status, 200);
    assert_eq!(ask().reply().await.verdict(), (400, "Throttling.User"));
    assert_eq!(statuses(&sim).await, ["Running"; 3], "the first account has no quota");
    let calls = done(&sim, Method::GET, "calls", Value::Null).await;
    assert_eq!(calls[0]["account"], "222222222222");
}
