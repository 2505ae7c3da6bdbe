//! GetAvailabilityMetric: the applications with failing instances, as documented and as useless as can be.

use std::collections::BTreeSet;
use std::time::Duration;

use sae_simulator::{AppSource, Application, AvailabilityList, Fault, Kind, Operation, Simulator};
use serde_json::json;

use crate::client::{Ask, Reply};
use crate::fixtures::shop;

async fn ask(sim: &Simulator, query: &[(&str, &str)]) -> Reply {
    Ask::new(sim, Operation::GetAvailabilityMetric, query).reply().await
}

/// Ids and ErrorInstances of a list of up to 100 rows.
async fn failing(sim: &Simulator) -> Vec<(String, u64)> {
    failing_of(sim, &[("Limit", "100")]).await
}

async fn failing_of(sim: &Simulator, query: &[(&str, &str)]) -> Vec<(String, u64)> {
    let reply = ask(sim, query).await;
    let rows = reply.body["Data"].as_array().unwrap_or_else(|| panic!("{}", reply.text));
    let row = |row: &serde_json::Value| {
        (row["AppId"].as_str().unwrap().to_owned(), row["ErrorInstances"].as_u64().unwrap())
    };
    rows.iter().map(row).collect()
}

fn row(app: &str, failing: u64) -> (String, u64) {
    (app.to_owned(), failing)
}

/// So many applications of ten healthy instances, `app-000` and so on.
fn crowd(count: usize) -> Simulator {
    let sim = sae_simulator::Setup::new().empty().start().unwrap();
    for number in 0..count {
        let application = Application::new(&format!("app-{number:03}"));
        sim.put_application(application.group("g-1", 10).running(10));
    }
    sim
}

#[tokio::test]
async fn the_answer_has_the_documented_fields_and_no_others() {
    let sim = shop(2);
    sim.update("demo-shop", |app| {
        "cn-hangzhou:prod".clone_into(&mut app.namespace);
        app.instance(0).crash();
    });
    let reply = ask(&sim, &[("Limit", "10")]).await;
    let mut body = reply.body.clone();
    assert_eq!(reply.header("x-acs-request-id"), body["RequestId"].as_str());
    body["RequestId"] = json!("");
    let row = json!({
        "AppId": "demo-shop", "Name": "demo-shop", "RegionId": "cn-hangzhou:prod",
        "Instances": 2, "Runnings": 1, "ErrorInstances": 1, "EnableAutoscale": 0,
    });
    let expected =
        json!({ "RequestId": "", "Message": "success", "Code": "200", "Success": true, "Data": [row] });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_instance_that_is_not_ready_or_not_well_is_counted_and_one_that_leaves_is_not() {
    type Trouble = fn(&mut Application);
    let troubles: [(Trouble, u64); 9] = [
        (|app| app.instance(0).fail_readiness(), 1),
        (|app| app.instance(0).fail_liveness(), 1),
        (|app| app.instance(0).crash(), 1),
        (|app| app.instance(0).fail_image_pull(), 1),
        (|app| app.instance(0).wait_for_scheduling(), 1),
        (|app| app.instance(0).start(), 1),
        (|app| app.instance(0).show("Running", "WithoutHealthCheckConfig", ""), 0),
        (|app| app.instance(0).terminate(), 0),
        (Application::stop, 0),
    ];
    for (number, (trouble, count)) in troubles.into_iter().enumerate() {
        let sim = shop(2);
        sim.update("demo-shop", trouble);
        let expected = if count == 0 { Vec::new() } else { vec![row("demo-shop", count)] };
        assert_eq!(failing(&sim).await, expected, "trouble {number}");
    }
}

#[tokio::test]
async fn the_most_failing_come_first_and_no_more_than_asked_for() {
    let sim = crowd(120);
    for number in 0..110 {
        sim.update(&format!("app-{number:03}"), |app| app.instance(0).fail_readiness());
    }
    sim.update("app-007", |app| app.instance(1).crash());
    assert_eq!(failing_of(&sim, &[("Limit", "2")]).await, [row("app-007", 2), row("app-000", 1)]);
    assert_eq!(failing(&sim).await.len(), 100);
    assert_eq!(failing_of(&sim, &[("Limit", "0")]).await, []);
}

#[tokio::test]
async fn the_filters_let_one_region_one_source_or_one_cpu_strategy_through() {
    let sim = shop(1);
    let job = Kind { source: AppSource::Job, ..Kind::default() };
    sim.put_application(Application::new("job").of_kind(job).group("g-1", 1).starting(1));
    let beijing = Application::new("beijing").in_namespace("cn-beijing:prod");
    sim.put_application(beijing.group("g-1", 1).starting(1));
    let apps = async |name, value| {
        let rows = failing_of(&sim, &[("Limit", "100"), (name, value)]).await;
        rows.into_iter().map(|(app, _)| app).collect::<Vec<_>>()
    };
    assert_eq!(apps("RegionId", "cn-beijing").await, ["beijing"]);
    assert_eq!(apps("RegionId", "cn-hangzhou").await, ["job"]);
    assert_eq!(apps("AppSource", "micro_service").await, ["beijing"]);
    assert_eq!(apps("CpuStrategy", "always").await, ["beijing", "job"]);
    assert_eq!(apps("CpuStrategy", "request").await, [""; 0]);
}

#[tokio::test]
async fn a_limit_is_required_and_what_is_not_documented_is_refused() {
    let sim = shop(1);
    assert_eq!(ask(&sim, &[]).await.verdict(), (400, "MissingLimit"));
    for (name, value) in [("Limit", "101"), ("Limit", "-1"), ("AppSource", "x"), ("CpuStrategy", "x")] {
        let query = [(name, value), ("Limit", "10")];
        let query = if name == "Limit" { &query[..1] } else { &query[..] };
        assert_eq!(ask(&sim, query).await.verdict(), (400, "InvalidParameter.WithMessage"), "{name}={value}");
    }
}

#[tokio::test]
async fn a_list_shows_what_was_true_as_long_ago_as_it_is_old() {
    let sim = shop(2);
    sim.update("demo-shop", |app| app.instance(0).fail_readiness());
    sim.set_availability(AvailabilityList::honest().aged(Duration::from_mins(10)));
    assert_eq!(failing(&sim).await, []);
    sim.set_availability(AvailabilityList::honest().aged(Duration::from_millis(10)));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(failing(&sim).await, [row("demo-shop", 1)]);
}

#[tokio::test]
async fn a_list_can_be_empty_for_ever() {
    let sim = shop(2);
    sim.set_availability(AvailabilityList::empty());
    sim.update("demo-shop", |app| app.instance(0).crash());
    assert_eq!(failing(&sim).await, []);
}

#[tokio::test]
async fn a_list_can_be_frozen() {
    let sim = crowd(2);
    sim.update("app-000", |app| app.instance(0).crash());
    sim.set_availability(AvailabilityList::frozen());
    sim.update("app-000", |app| app.instance(0).recover());
    sim.update("app-001", |app| app.instance(0).crash());
    assert_eq!(failing(&sim).await, [row("app-000", 1)]);
    sim.remove_application("app-000");
    assert_eq!(failing(&sim).await, [row("app-000", 1)]);
}

#[tokio::test]
async fn a_noisy_list_has_a_wrong_number_for_one_application_of_twenty() {
    let sim = crowd(100);
    sim.set_availability(AvailabilityList::noisy(1));
    let mut struck = BTreeSet::new();
    for _ in 0..20 {
        let rows = failing(&sim).await;
        assert_eq!(rows.len(), 5, "no instance fails, so each row is wrong");
        assert!(rows.iter().all(|(_, count)| (1..=10).contains(count)), "{rows:?}");
        struck.extend(rows.into_iter().map(|(app, _)| app));
    }
    assert!(struck.len() > 50, "each list draws anew: {struck:?}");
    sim.update("app-000", |app| (0..10).for_each(|number| app.instance(number).crash()));
    let mut right = 0;
    for _ in 0..20 {
        right += failing(&sim).await.iter().filter(|one| **one == row("app-000", 10)).count();
    }
    assert!(right >= 10, "what is true shines through: {right} of 20");
}

#[tokio::test]
async fn a_random_list_has_five_applications_drawn_anew() {
    let sim = crowd(100);
    sim.set_availability(AvailabilityList::random(1));
    let mut struck = BTreeSet::new();
    for _ in 0..20 {
        let rows = failing(&sim).await;
        assert_eq!(rows.len(), 5);
        assert!(rows.is_sorted_by(|one, next| one.1 >= next.1), "{rows:?}");
        struck.extend(rows.into_iter().map(|(app, _)| app));
    }
    assert!(struck.len() > 50, "{struck:?}");
}

#[tokio::test]
async fn lists_by_chance_are_the_same_for_the_same_seed() {
    for list in [AvailabilityList::noisy, AvailabilityList::random] {
        let run = async |seed| {
            let sim = crowd(40);
            sim.set_availability(list(seed));
            let mut lists = Vec::new();
            for _ in 0..5 {
                lists.push(failing(&sim).await);
            }
            lists
        };
        let (one, same, other) = (run(7).await, run(7).await, run(8).await);
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}

#[tokio::test]
async fn each_account_has_a_list_of_its_own() {
    let sim = shop(1);
    let other = sim.account("222222222222");
    other.add_key("k", "s");
    other.put_application(Application::new("other-shop").group("g-1", 1).starting(1));
    other.set_availability(AvailabilityList::empty());
    sim.update("demo-shop", |app| app.instance(0).crash());
    assert_eq!(failing(&sim).await, [row("demo-shop", 1)]);
    let query = [("Limit", "100")];
    let ask = || Ask::new(&sim, Operation::GetAvailabilityMetric, &query).signed_by("k", "s");
    assert_eq!(ask().reply().await.body["Data"], json!([]));
    other.set_availability(AvailabilityList::honest());
    assert_eq!(ask().reply().await.body["Data"][0]["AppId"], "other-shop");
}

#[tokio::test]
async fn each_list_can_be_denied_struck_and_throttled() {
    let lists = [Operation::ListApplications, Operation::GetAvailabilityMetric];
    let sim = shop(1);
    let verdict = async |operation: Operation| {
        let reply = Ask::new(&sim, operation, &[("Limit", "100")]).reply().await;
        (reply.status, reply.body["AccessDeniedDetail"]["AuthAction"].as_str().map(str::to_owned))
    };
    for (this, that) in [(lists[0], lists[1]), (lists[1], lists[0])] {
        sim.deny(this, "Forbidden.RAM");
        assert_eq!(verdict(this).await, (403, Some(format!("sae:{this}"))));
        assert_eq!(verdict(that).await, (200, None));
        sim.allow(this);
        sim.inject(Fault::error(503, "ServiceUnavailable").on(this));
        assert_eq!(verdict(that).await.0, 200);
        assert_eq!(verdict(this).await.0, 503);
        sim.inject(Fault::half_body().on(this));
        assert_eq!(verdict(that).await.0, 200);
        let cut = Ask::new(&sim, this, &[("Limit", "100")]).send().await.unwrap_err();
        assert!(cut.is_body() || cut.is_decode(), "{cut:?}");
        sim.inject(Fault::delay(Duration::from_millis(200)).on(this));
        let start = std::time::Instant::now();
        assert_eq!(verdict(this).await.0, 200);
        assert!(start.elapsed() >= Duration::from_millis(200));
    }
    sim.set_calls_per_minute(Some(0));
    for list in lists {
        assert_eq!(Ask::new(&sim, list, &[]).reply().await.verdict(), (400, "Throttling.User"));
    }
}

#[tokio::test]
async fn a_failure_inside_http_200_has_its_code_as_message() {
    let sim = shop(1);
    sim.inject(Fault::success_false("InvalidParameter.WithMessage"));
    let mut body = ask(&sim, &[("Limit", "100")]).await.body;
    body["RequestId"] = json!("");
    let expected = json!({
        "RequestId": "", "Message": "InvalidParameter.WithMessage", "Code": "400", "Success": false,
    });
    assert_eq!(body, expected, "documented: no ErrorCode and no TraceId");
}
