//! The account's flow control, and what the simulator remembers of its callers.

use std::time::Duration;

use sae_simulator::{Fault, Operation, Setup, most_in_any};

use crate::client::{Ask, instances};
use crate::fixtures::shop;

#[tokio::test]
async fn one_call_too_many_in_a_minute_is_throttled_whatever_it_asks() {
    let sim = Setup::new().calls_per_minute(3).start().unwrap();
    for operation in Operation::SAE.into_iter().take(3) {
        assert_ne!(Ask::new(&sim, operation, &[]).reply().await.verdict().1, "Throttling.User");
    }
    let reply = Ask::new(&sim, Operation::ListApplications, &[]).reply().await;
    assert_eq!(reply.verdict(), (400, "Throttling.User"));
    assert_eq!(reply.header("x-acs-retry-after"), None);

    sim.set_retry_hints(true);
    let reply = Ask::new(&sim, Operation::ListApplications, &[]).reply().await;
    let hint: u64 = reply.header("x-acs-retry-after").unwrap().parse().unwrap();
    assert!((1..=60_000).contains(&hint), "{hint} ms");

    sim.set_calls_per_minute(None);
    assert_eq!(Ask::new(&sim, Operation::ListApplications, &[]).reply().await.status, 200);
}

#[tokio::test]
async fn a_call_that_is_refused_for_its_key_costs_no_quota() {
    let sim = Setup::new().calls_per_minute(1).start().unwrap();
    for _ in 0..3 {
        let ask = Ask::new(&sim, Operation::ListApplications, &[]).signed_by("nobody", "x");
        assert_eq!(ask.reply().await.status, 404);
    }
    assert_eq!(Ask::new(&sim, Operation::ListApplications, &[]).reply().await.status, 200);
}

#[tokio::test]
async fn the_log_says_who_asked_what_when_and_what_came_of_it() {
    let sim = shop(1);
    sim.inject(Fault::throttle());
    let mut replies = Vec::new();
    for _ in 0..2 {
        replies.push(instances(&sim, "demo-shop").with("user-agent", "tester/1").reply().await);
    }
    let calls = sim.calls();
    assert_eq!(calls.len(), 2);
    let (first, second) = (&calls[0], &calls[1]);
    assert_eq!((first.status, first.code.as_str(), first.succeeded()), (400, "Throttling.User", false));
    assert_eq!(first.fault, Some(Fault::throttle().effect));
    assert_eq!((second.status, second.code.as_str(), second.succeeded()), (200, "200", true));
    assert_eq!(second.operation, Operation::DescribeApplicationInstances);
    assert_eq!((second.parameter("AppId"), second.parameter("PageSize")), (Some("demo-shop"), None));
    assert_eq!(second.user_agent, "tester/1");
    assert_eq!(second.key_id.as_deref(), Some(sae_simulator::KEY_ID));
    assert_eq!(Some(second.request_id.as_str()), replies[1].body["RequestId"].as_str());
    assert!(first.at < second.at && first.wall <= second.wall);
    assert!(sim.calls_of(Operation::ListApplications).is_empty());
    sim.clear_calls();
    assert!(sim.calls().is_empty());
}

#[tokio::test]
async fn the_busiest_stretch_of_the_log_can_be_measured() {
    let sim = shop(1);
    assert_eq!(most_in_any(Duration::from_secs(1), &sim.calls()), 0);
    for pause in [0, 0, 150, 0, 0] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        instances(&sim, "demo-shop").reply().await;
    }
    let calls = sim.calls();
    assert_eq!(most_in_any(Duration::from_mins(1), &calls), 5);
    assert_eq!(most_in_any(Duration::from_millis(140), &calls), 3);
}
