//! What goes wrong on purpose, as a client sees it.

use std::time::{Duration, Instant};

use sae_simulator::{Application, Effect, Fault, Operation, RandomFaults, Simulator};
use serde_json::json;

use crate::client::{Ask, Reply, instances};
use crate::fixtures::shop;

async fn struck(fault: Fault) -> Reply {
    let sim = shop(1);
    sim.inject(fault);
    instances(&sim, "demo-shop").reply().await
}

async fn verdict(sim: &Simulator) -> (u16, String) {
    let reply = instances(sim, "demo-shop").reply().await;
    let (status, code) = reply.verdict();
    (status, code.to_owned())
}

#[tokio::test]
async fn a_fault_strikes_as_many_calls_as_it_says_and_then_all_is_well() {
    let sim = shop(1);
    sim.inject(Fault::error(503, "ServiceUnavailable").times(2));
    sim.inject(Fault::error(500, "InternalError"));
    assert_eq!(verdict(&sim).await, (503, "ServiceUnavailable".to_owned()));
    assert_eq!(verdict(&sim).await, (503, "ServiceUnavailable".to_owned()));
    assert_eq!(verdict(&sim).await, (500, "InternalError".to_owned()));
    assert_eq!(verdict(&sim).await, (200, "200".to_owned()));
}

#[tokio::test]
async fn a_fault_until_cleared_strikes_until_it_is_cleared() {
    let sim = shop(1);
    sim.inject(Fault::error(503, "ServiceUnavailable").until_cleared());
    for _ in 0..5 {
        assert_eq!(verdict(&sim).await.0, 503);
    }
    sim.clear_faults();
    assert_eq!(verdict(&sim).await.0, 200);
}

#[tokio::test]
async fn a_fault_can_be_for_one_operation_or_one_application() {
    let sim = shop(1);
    sim.inject(Fault::error(500, "InternalError").on(Operation::ListApplications));
    sim.inject(Fault::error(500, "InternalError").for_app("another"));
    assert_eq!(verdict(&sim).await.0, 200);
    assert_eq!(Ask::new(&sim, Operation::ListApplications, &[]).reply().await.status, 500);
    assert_eq!(instances(&sim, "another").reply().await.status, 500);
}

#[tokio::test]
async fn a_refused_call_uses_up_no_fault() {
    let sim = shop(1);
    sim.inject(Fault::error(500, "InternalError"));
    assert_eq!(instances(&sim, "demo-shop").signed_by("nobody", "x").reply().await.status, 404);
    assert_eq!(verdict(&sim).await.0, 500);
}

#[tokio::test]
async fn a_throttle_can_say_when_to_come_back_in_either_header() {
    let reply = struck(Fault::throttle()).await;
    assert_eq!(reply.verdict(), (400, "Throttling.User"));
    assert_eq!(reply.body["Message"], "Request was denied due to user flow control.");
    assert_eq!((reply.header("x-acs-retry-after"), reply.header("retry-after")), (None, None));
    let reply = struck(Fault::throttle().retry_after_millis(2000)).await;
    assert_eq!(reply.header("x-acs-retry-after"), Some("2000"));
    let reply = struck(Fault::throttle().retry_after_seconds(3)).await;
    assert_eq!(reply.header("retry-after"), Some("3"));
}

#[tokio::test]
async fn a_failure_can_come_inside_http_200() {
    let reply = struck(Fault::success_false("InvalidParameter.WithMessage")).await;
    assert_eq!(reply.verdict(), (200, "400"));
    assert_eq!(reply.body["ErrorCode"], "InvalidParameter.WithMessage");
    assert_eq!((&reply.body["Success"], &reply.body["Data"]), (&json!(false), &json!(null)));
}

#[tokio::test]
async fn pages_of_other_software_come_as_they_are() {
    let reply = struck(Fault::html(502)).await;
    assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html")));
    assert!(reply.text.starts_with("<html>"));
    let reply = struck(Fault::xml(400, "InvalidAccessKeyId.NotFound")).await;
    assert_eq!(reply.header("content-type"), Some("text/xml;charset=utf-8"));
    assert!(reply.text.contains("<Code>InvalidAccessKeyId.NotFound</Code>"));
    let reply = struck(Fault::redirect("http://127.0.0.1:9/")).await;
    assert_eq!((reply.status, reply.header("location")), (302, Some("http://127.0.0.1:9/")));
    let reply = struck(Fault::answer(504, "text/plain", "").with_header("via", "proxy")).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.header("via")), (504, "", Some("proxy")));
}

#[tokio::test]
async fn an_answer_can_be_late() {
    let start = Instant::now();
    let reply = struck(Fault::delay(Duration::from_millis(300))).await;
    assert_eq!(reply.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_connection_can_be_reset_before_the_answer() {
    let sim = shop(1);
    sim.inject(Fault::reset());
    let error = instances(&sim, "demo-shop").send().await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    assert_eq!(verdict(&sim).await.0, 200);
}

#[tokio::test]
async fn an_answer_can_break_off_in_the_middle() {
    let sim = shop(1);
    sim.inject(Fault::half_body());
    let error = instances(&sim, "demo-shop").send().await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "the head arrived, the body did not: {error:?}");
    assert_eq!(verdict(&sim).await.0, 200);
}

#[tokio::test]
async fn an_answer_can_drip_a_byte_at_a_time() {
    let start = Instant::now();
    let reply = struck(Fault::of(Effect::Drip { millis: 1 })).await;
    assert_eq!(reply.body["Success"], true, "all of it arrives in the end");
    assert!(start.elapsed() >= Duration::from_millis(1) * 500, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_total_can_be_wrong() {
    assert_eq!(struck(Fault::total_size(7)).await.body["Data"]["TotalSize"], 7);
}

#[tokio::test]
async fn a_page_can_hold_fewer_entries_than_there_are() {
    let sim = shop(3);
    sim.inject(Fault::cut_page(2));
    let body = instances(&sim, "demo-shop").reply().await.body;
    assert_eq!(
        (body["Data"]["Instances"].as_array().unwrap().len(), &body["Data"]["TotalSize"]),
        (2, &json!(3))
    );
}

#[tokio::test]
async fn an_answer_may_never_come() {
    let sim = shop(1);
    sim.inject(Fault::hang());
    let answer = instances(&sim, "demo-shop").send();
    assert!(tokio::time::timeout(Duration::from_millis(300), answer).await.is_err());
    assert_eq!(verdict(&sim).await.0, 200, "others are answered meanwhile");
}

/// What a page of the list of applications is answered with, two of them a page, as the region's own endpoint is asked.
async fn page_of_list(sim: &Simulator, region: &str, page: &str) -> Reply {
    let host = sim.regional_endpoint().replace("{region}", region).replace("http://", "");
    let query = [("PageSize", "2"), ("CurrentPage", page)];
    Ask::new(sim, Operation::ListApplications, &query).with("host", &host).reply().await
}

#[tokio::test]
async fn every_fault_can_be_for_one_page_of_one_region() {
    let sim = Simulator::start();
    for region in ["cn-beijing", "us-west-1"] {
        for number in 0..6 {
            sim.put_application(Application::new(&format!("{region}-{number}")).in_region(region));
        }
    }
    let rows = |reply: &Reply| reply.body["Data"]["Applications"].as_array().map(Vec::len);
    for (fault, status, listed, total) in [
        (Fault::error(500, "InternalError"), 500, None, json!(null)),
        (Fault::throttle(), 400, None, json!(null)),
        (Fault::denial(), 403, None, json!(null)),
        (Fault::cut_page(1), 200, Some(1), json!(6)),
        (Fault::total_size(9), 200, Some(2), json!(9)),
    ] {
        sim.inject(fault.on(Operation::ListApplications).in_region("cn-beijing").on_page(2));
        for (region, page) in [("cn-beijing", "1"), ("us-west-1", "2"), ("cn-beijing", "3")] {
            let reply = page_of_list(&sim, region, page).await;
            assert_eq!(
                (rows(&reply), &reply.body["Data"]["TotalSize"]),
                (Some(2), &json!(6)),
                "{region} {page}"
            );
        }
        let struck = page_of_list(&sim, "cn-beijing", "2").await;
        let seen = (struck.status, rows(&struck), &struck.body["Data"]["TotalSize"]);
        assert_eq!(seen, (status, listed, &total), "{}", struck.text);
        assert_eq!(rows(&page_of_list(&sim, "cn-beijing", "2").await), Some(2), "it strikes once");
    }
}

#[tokio::test]
async fn a_call_that_names_no_page_asks_for_the_first() {
    let sim = shop(1);
    sim.inject(Fault::error(500, "InternalError").on_page(2));
    assert_eq!(verdict(&sim).await.0, 200);
    sim.inject(Fault::error(500, "InternalError").on_page(1));
    assert_eq!(verdict(&sim).await.0, 500);
}

#[tokio::test]
async fn pages_can_overlap_as_during_a_deploy() {
    let sim = shop(6);
    sim.inject(Fault::overlapping_pages().times(2));
    let page = async |number: &str| {
        let mut ask = instances(&sim, "demo-shop");
        ask.query.push(("PageSize".to_owned(), "3".to_owned()));
        ask.query.push(("CurrentPage".to_owned(), number.to_owned()));
        let reply = ask.reply().await;
        reply.instance_ids().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (page("1").await, page("2").await);
    assert_eq!((first.len(), second.len()), (3, 3));
    assert_eq!(first[2], second[0]);
}

#[tokio::test]
async fn statuses_can_be_words_that_nobody_documented() {
    let reply = struck(Fault::unknown_values()).await;
    assert_eq!(reply.column("InstanceContainerStatus"), ["Quiescing2027"]);
    assert_eq!(reply.column("InstanceHealthStatus"), ["Quiescing2027"]);
}

#[tokio::test]
async fn faults_by_chance_are_as_many_as_asked_and_the_same_for_the_same_seed() {
    let run = async |seed| {
        let sim = shop(1);
        let faults = vec![Fault::error(500, "InternalError"), Fault::throttle()];
        sim.inject_at_random(RandomFaults { probability: 0.3, seed, faults });
        let mut codes = Vec::new();
        for _ in 0..200 {
            codes.push(verdict(&sim).await.1);
        }
        codes
    };
    let (one, same, other) = (run(7).await, run(7).await, run(8).await);
    assert_eq!(one, same);
    assert_ne!(one, other);
    let struck = one.iter().filter(|code| *code != "200").count();
    assert!((40..=80).contains(&struck), "{struck} of 200 at 30 %");
}

#[tokio::test]
async fn every_kind_of_fault_by_chance_leaves_a_server_that_still_serves() {
    let sim = shop(1);
    sim.inject_at_random(RandomFaults::every_kind(1.0, 1));
    for _ in 0..100 {
        let _ = instances(&sim, "demo-shop").send().await;
    }
    assert!(sim.calls().iter().all(|call| call.fault.is_some()));
    sim.clear_faults();
    assert_eq!(verdict(&sim).await.0, 200);
}
