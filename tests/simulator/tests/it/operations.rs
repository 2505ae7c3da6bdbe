//! The operations of SAE answer as documented.

use sae_simulator::{Application, DOCUMENTED_APP_ID, DOCUMENTED_GROUP_ID, Operation, Simulator};
use serde_json::json;

use crate::client::{Ask, instances};
use crate::fixtures::shop;

#[tokio::test]
async fn a_new_simulator_answers_the_documented_example() {
    let sim = Simulator::start();
    let groups =
        Ask::new(&sim, Operation::DescribeApplicationGroups, &[("AppId", DOCUMENTED_APP_ID)]).reply().await;
    assert_eq!(groups.body["Data"][0]["GroupId"], DOCUMENTED_GROUP_ID);
    assert_eq!(groups.body["Data"][0]["Replicas"], 1);

    let query = [("AppId", DOCUMENTED_APP_ID), ("GroupId", DOCUMENTED_GROUP_ID)];
    let reply = Ask::new(&sim, Operation::DescribeApplicationInstances, &query).reply().await;
    let data = &reply.body["Data"];
    assert_eq!(
        (&data["CurrentPage"], &data["PageSize"], &data["TotalSize"]),
        (&json!(1), &json!(10), &json!(1))
    );
    let instance = &data["Instances"][0];
    assert_eq!(instance["InstanceContainerStatus"], "Running");
    assert_eq!(instance["InstanceHealthStatus"], "WithoutHealthCheckConfig");
    assert_eq!(instance["UnhealthyMessage"], "空");
    assert_eq!(instance["PackageVersion"], "1609939496200");
    assert_eq!(instance["DebugStatus"], true);
    assert_eq!(instance["Tags"], json!([{"Key": "", "Value": ""}]));
    assert_eq!(instance.as_object().unwrap().len(), 19, "all documented fields");
}

#[tokio::test]
async fn a_good_answer_has_the_documented_envelope() {
    let reply = instances(&shop(1), "demo-shop").reply().await;
    let body = &reply.body;
    assert_eq!(reply.status, 200);
    assert_eq!(
        (&body["Success"], &body["Code"], &body["ErrorCode"], &body["Message"]),
        (&json!(true), &json!("200"), &json!(""), &json!("success"))
    );
    assert_eq!(body["TraceId"].as_str().unwrap().len(), 32);
    assert_eq!(reply.header("x-acs-request-id"), body["RequestId"].as_str());
    assert!(reply.header("date").is_some());
}

#[tokio::test]
async fn pages_of_ten_are_the_default_and_cover_everything_once() {
    let sim = shop(23);
    let mut seen = std::collections::BTreeSet::new();
    for (page, length) in [("1", 10), ("2", 10), ("3", 3), ("4", 0)] {
        let mut ask = instances(&sim, "demo-shop");
        ask.query.push(("CurrentPage".to_owned(), page.to_owned()));
        let reply = ask.reply().await;
        assert_eq!(reply.body["Data"]["TotalSize"], 23);
        assert_eq!(reply.body["Data"]["PageSize"], 10);
        let ids = reply.instance_ids();
        assert_eq!(ids.len(), length, "page {page}");
        seen.extend(ids.iter().map(|id| (*id).to_owned()));
    }
    assert_eq!(seen.len(), 23);
}

#[tokio::test]
async fn a_server_that_clamps_the_page_size_says_so_in_the_answer() {
    let sim = shop(8);
    sim.set_largest_page(Some(5));
    let mut ask = instances(&sim, "demo-shop");
    ask.query.push(("PageSize".to_owned(), "100".to_owned()));
    let reply = ask.reply().await;
    assert_eq!((reply.instance_ids().len(), &reply.body["Data"]["PageSize"]), (5, &json!(5)));
}

#[tokio::test]
async fn instances_come_broken_first_and_reverse_turns_the_order() {
    let sim = shop(5);
    sim.update("demo-shop", |app| {
        app.instance(1).wait_for_scheduling();
        app.instance(2).crash();
        app.instance(3).show("Brand/New", "Healthy", "");
        app.instance(4).initialize();
    });
    let expected = ["CrashLoopBackOff", "Pending", "Init:0/1", "Running", "Brand/New"];
    let reply = instances(&sim, "demo-shop").reply().await;
    assert_eq!(reply.column("InstanceContainerStatus"), expected);

    // The official Python SDK writes the flag like this.
    let mut ask = instances(&sim, "demo-shop");
    ask.query.push(("Reverse".to_owned(), "True".to_owned()));
    let reply = ask.reply().await;
    assert!(reply.column("InstanceContainerStatus").iter().rev().eq(&expected));
}

#[tokio::test]
async fn instances_of_one_status_are_ordered_by_id() {
    let reply = instances(&shop(9), "demo-shop").reply().await;
    assert!(reply.instance_ids().is_sorted());
}

#[tokio::test]
async fn the_filters_let_one_instance_or_one_batch_through() {
    let sim = shop(3);
    let id = sim.application("demo-shop").unwrap().instances().nth(1).unwrap().instance_id.clone();
    let mut ask = instances(&sim, "demo-shop");
    ask.query.push(("InstanceId".to_owned(), id.clone()));
    let reply = ask.reply().await;
    assert_eq!((reply.instance_ids(), &reply.body["Data"]["TotalSize"]), (vec![id.as_str()], &json!(1)));

    let pipeline = sim.update("demo-shop", |app| {
        let pipeline = app.deploy("demo/shop:v2");
        app.step();
        pipeline
    });
    let mut ask = instances(&sim, "demo-shop");
    ask.query.push(("PipelineId".to_owned(), pipeline));
    let reply = ask.reply().await;
    assert_eq!(reply.column("ImageUrl"), ["demo/shop:v2"]);
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_refused_by_its_code() {
    let sim = shop(1);
    let verdict = async |operation, query: &[(&str, &str)]| {
        let reply = Ask::new(&sim, operation, query).reply().await;
        assert_eq!(reply.body["HostId"], sim.address().to_string());
        assert!(reply.body["Recommend"].as_str().unwrap().contains("troubleshoot?q="));
        assert!(reply.body["Success"].is_null(), "a gateway error has no envelope");
        let (status, code) = reply.verdict();
        (status, code.to_owned())
    };
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(verdict(Operation::DescribeApplicationInstances, &[]).await, refused(400, "MissingAppId"));
    assert_eq!(
        verdict(Operation::DescribeApplicationInstances, &[("AppId", "demo-shop")]).await,
        refused(400, "MissingGroupId")
    );
    assert_eq!(
        verdict(Operation::DescribeApplicationGroups, &[("AppId", "")]).await,
        refused(400, "MissingAppId")
    );
    assert_eq!(
        verdict(Operation::DescribeApplicationStatus, &[("AppId", "gone")]).await,
        refused(404, "InvalidAppId.NotFound")
    );
    assert_eq!(
        verdict(Operation::DescribeApplicationInstances, &[("AppId", "demo-shop"), ("GroupId", "foreign")])
            .await,
        refused(400, "InvalidParameter.WithMessage")
    );
    assert_eq!(
        verdict(Operation::ListApplications, &[("CurrentPage", "first")]).await,
        refused(400, "InvalidParameter.WithMessage")
    );
    assert_eq!(verdict(Operation::Unknown, &[]).await, refused(404, "InvalidApi.NotFound"));
}

#[tokio::test]
async fn groups_say_what_is_wanted_and_what_runs() {
    let sim = Simulator::start();
    sim.put_application(Application::new("two").group("g-1", 3).running(2).group("g-2", 1).starting(1));
    let reply = Ask::new(&sim, Operation::DescribeApplicationGroups, &[("AppId", "two")]).reply().await;
    let groups: Vec<_> = reply.body["Data"].as_array().unwrap().iter().collect();
    let shown = |index: usize| {
        (&groups[index]["GroupId"], &groups[index]["Replicas"], &groups[index]["RunningInstances"])
    };
    assert_eq!(shown(0), (&json!("g-1"), &json!(3), &json!(2)));
    assert_eq!(shown(1), (&json!("g-2"), &json!(1), &json!(0)));
    assert_eq!(groups[0]["GroupName"], "_DEFAULT_GROUP");

    let paged = [("AppId", "two"), ("CurrentPage", "2"), ("PageSize", "1")];
    let reply = Ask::new(&sim, Operation::DescribeApplicationGroups, &paged).reply().await;
    assert_eq!(reply.body["Data"][0]["GroupId"], "g-2");
}

#[tokio::test]
async fn the_status_tells_a_stopped_application_from_a_running_one() {
    let sim = shop(2);
    let status = async || {
        Ask::new(&sim, Operation::DescribeApplicationStatus, &[("AppId", "demo-shop")]).reply().await
    };
    let data = |reply: &crate::client::Reply| {
        (reply.body["Data"]["CurrentStatus"].clone(), reply.body["Data"]["RunningInstances"].clone())
    };
    assert_eq!(data(&status().await), (json!("RUNNING"), json!(2)));
    sim.update("demo-shop", Application::stop);
    assert_eq!(data(&status().await), (json!("STOPPED"), json!(0)));
    sim.update("demo-shop", Application::start);
    assert_eq!(data(&status().await), (json!("RUNNING"), json!(0)));
}
