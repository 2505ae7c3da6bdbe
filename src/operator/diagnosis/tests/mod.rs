//! What becomes of the diagnoses of one watch.

mod world;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use super::*;
use crate::domain::{Identity, Pace};
use crate::operator::context::Context;
use crate::operator::reconcile::reconcile;
use world::{Answer, World, said_by_sae};

/// Since when the application is unwell.
const SINCE: &str = "2026-11-30T12:00:00Z";

fn failed() -> Value {
    let warning = json!({"reason": "BackOff", "object": "Pod/a", "count": 2});
    json!({"change": {"id": "7f2a", "status": "Failed", "message": "no image"}, "events": [warning]})
}

/// The same, asked at another time than SAE is usually asked here.
fn asked_at(at: &str) -> Value {
    let mut said = failed();
    said["at"] = json!(at);
    said
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_is_stored_once_after_its_event_as_its_own_manager() {
    let world = World::new();
    assert_eq!(world.wanted(), Some(SINCE.parse().unwrap()));
    assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled));
    let requests = world.requests();
    assert!(
        requests[0].0.starts_with("POST /apis/events.k8s.io/v1/namespaces/team-a/events"),
        "{requests:?}"
    );
    assert_eq!(requests[0].1["note"], "app shop (cn-hangzhou): Change order 7f2a failed: no image");
    let path = "/apis/saewatch.dev/v1alpha1/namespaces/team-a/saeappwatches/shop/status";
    assert!(requests[1].0.starts_with(&format!("PATCH {path}?")), "{requests:?}");
    assert!(requests[1].0.contains("fieldManager=saewatch-diagnosis"), "{requests:?}");
    assert_eq!(requests[1].1["metadata"], json!({"resourceVersion": "7"}));
    assert_eq!(requests[1].1["status"].as_object().unwrap().keys().collect::<Vec<_>>(), ["diagnosis"]);
    assert_eq!(
        requests[1].1["status"]["diagnosis"]["since"], SINCE,
        "of this watch, and not of the one that asked"
    );
    assert!(requests.len() == 2 && world.wanted().is_none());
    assert_eq!(world.reconcile(&failed()).await, None);
    assert!(world.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_next_status_is_written_on_top_of_the_diagnosis() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let current = world.current();
    let status = SaeAppWatchStatus { message: Some("later".into()), ..current.watch.read().status.unwrap() };
    let Context { client, metrics, .. } = &world.context;
    let written = status::write(client, &current.watch, &status, None, false, &metrics.crd).await.unwrap();
    assert!(matches!(&written, Written::Stored(stored) if stored.version() == Some(9)), "{written:?}");
    assert_eq!(world.requests().pop().unwrap().1["status"], json!({"message": "later"}));
    assert_eq!(world.stored()["change"]["id"], "7f2a");
}

#[tokio::test(start_paused = true)]
async fn a_newer_diagnosis_leaves_nothing_of_the_one_before_and_makes_no_second_event() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let step = json!({"at": "2026-11-30T12:00:50Z", "from": "Degraded", "to": "Unhealthy", "reason": "R"});
    world.bring(&json!({"recentTransitions": [step]}));
    world.requests();
    let newer = json!({"at": "2026-11-30T12:00:55Z", "change": {"id": "80aa", "status": "Running"}, "incomplete": "Throttled"});
    assert_eq!(world.reconcile(&newer).await, Some(Diagnosed::Settled));
    assert_eq!(world.kinds(), ["PATCH"]);
    let expected = json!({
        "at": "2026-11-30T12:00:55Z", "since": "2026-11-30T12:00:50Z", "change": {"id": "80aa", "status": "Running"},
        "events": [], "incomplete": "Throttled",
    });
    assert_eq!(world.stored(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_sae_was_asked_before_a_step_to_unhealthy_explains_the_verdict_and_not_the_step() {
    let world = World::new();
    let step = json!({"at": "2026-11-30T12:00:50Z", "from": "Degraded", "to": "Unhealthy", "reason": "R"});
    world.bring(&json!({"recentTransitions": [step]}));
    assert_eq!(world.reconcile(&asked_at("2026-11-30T12:00:49Z")).await, Some(Diagnosed::Settled));
    assert_eq!(world.stored()["since"], SINCE);
    assert_eq!(world.reconcile(&asked_at("2026-11-30T12:00:40Z")).await, None, "the verdict is explained");
    assert_eq!(world.wanted(), Some("2026-11-30T12:00:50Z".parse().unwrap()));
    assert_eq!(world.reconcile(&asked_at("2026-11-30T12:00:50Z")).await, Some(Diagnosed::Settled));
    assert_eq!((&world.stored()["since"], world.wanted()), (&json!("2026-11-30T12:00:50Z"), None));
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_the_api_server_refuses_is_tried_once() {
    for answer in [Answer::Refuse(422), Answer::Refuse(403), Answer::Drop] {
        let world = World::new();
        world.answer(answer);
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled), "{answer:?}");
        assert_eq!(world.kinds(), ["POST", "PATCH"]);
        assert_eq!(world.wanted(), None, "{answer:?}");
        assert_eq!(world.reconcile(&failed()).await, None);
        assert!(world.kinds().is_empty(), "{answer:?}");
        let trouble = world.context.metrics.crd.trouble();
        assert_eq!(
            trouble.is_some_and(|trouble| trouble.contains("status.diagnosis")),
            answer == Answer::Drop
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_fails_otherwise_is_tried_again_with_the_same_event() {
    for code in [500, 503, 429, 401] {
        let world = World::new();
        world.answer(Answer::Refuse(code));
        let budgets = world.current().budgets;
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Unanswered), "{code}");
        assert_eq!(world.current().budgets, budgets, "an outage takes no place of another event");
        let first = world.requests().remove(0).1["metadata"]["name"].clone();
        world.answer(Answer::Store);
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled), "{code}");
        assert_eq!(world.requests()[0].1["metadata"]["name"], first, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_writer_and_a_deletion_are_no_failures() {
    for code in [409, 404] {
        let world = World::new();
        world.answer(Answer::Refuse(code));
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Conflict), "{code}");
        assert!(world.wanted().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_that_is_not_wanted_any_more() {
    let good = json!({"memory": {"verdict": {"outcome": "good"}}});
    let late = json!({"memory": {"verdict": {"since": "2026-11-30T11:00:00Z"}}});
    for change in [good, late, json!({"appId": "app-2"}), json!({"region": "cn-beijing"})] {
        let world = World::new();
        world.bring(&change);
        assert_eq!(world.reconcile(&failed()).await, None, "{change}");
        assert!(world.requests().is_empty(), "{change}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_diagnosis_of_a_watch_that_polls_nothing_more_is_not_stored() {
    let world = World::new();
    let current = &mut world.current();
    let watch = current.watch.clone();
    let diagnosis = Some(Arc::new(said_by_sae(&json!({}))));
    let seen =
        Snapshot { pace: Pace::default(), observation: None, identity: Identity::default(), diagnosis };
    let (decision, polls) = (World::decision(current), world.context.own_polls.clone());
    let visit = world.visit(&watch);
    assert_eq!(visit.store_diagnosis(&decision, current, Some(&polls), Some(&seen)).await, None);
    assert!(world.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_says_nothing_is_stored_without_an_event() {
    let world = World::new();
    assert_eq!(world.reconcile(&json!({"incomplete": "AccessDenied"})).await, Some(Diagnosed::Settled));
    assert_eq!(world.kinds(), ["PATCH"]);
    assert_eq!(world.stored()["incomplete"], "AccessDenied");

    let step = json!({"at": "2026-11-30T12:00:50Z", "from": "Degraded", "to": "Unhealthy", "reason": "R"});
    world.bring(&json!({"recentTransitions": [step]}));
    world.reconcile(&asked_at("2026-11-30T12:00:55Z")).await;
    assert_eq!(
        world.kinds(),
        ["POST", "PATCH"],
        "the next one of the verdict that says something has the event"
    );
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_has_had_its_time_goes_with_the_next_write_alone() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let watch = world.current().watch;
    let mut visit = world.visit(&watch);
    let stored = watch.read().status.unwrap();
    assert!(!visit.drops_diagnosis(&stored));
    visit.now = "2026-12-01T12:00:00Z".parse::<Timestamp>().unwrap();
    assert!(!visit.drops_diagnosis(&stored), "the application is still unwell");
    let mut well = stored.clone();
    well.memory.verdict.as_mut().unwrap().outcome = crate::api::Outcome::Good;
    assert!(visit.drops_diagnosis(&well));

    world.requests();
    let Context { client, metrics, .. } = &world.context;
    status::write(client, &watch, &stored, None, true, &metrics.crd).await.unwrap();
    assert!(world.requests().is_empty(), "that alone is no reason to write");
    status::write(client, &watch, &well, None, true, &metrics.crd).await.unwrap();
    assert_eq!(world.requests()[0].1["status"]["diagnosis"], Value::Null);
    assert_eq!(world.stored(), Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_operator_without_diagnoses_asks_for_none_and_removes_what_is_stored() {
    let mut world = World::new();
    world.reconcile(&failed()).await;
    world.context.diagnoses = false;
    world.bring(&json!({"memory": {"verdict": {"since": "2026-11-30T12:00:50Z"}}}));
    assert_eq!(world.wanted(), None);
    let watch = world.current().watch;
    let visit = world.visit(&watch);
    assert!(visit.drops_diagnosis(visit.read.status.as_ref().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn what_the_polls_bring_is_stored_by_a_reconcile() {
    let world = World::new();
    for _ in 0..20 {
        let stored = world.context.watches.stored(&world.id).unwrap();
        reconcile(&world.id, stored, &world.context).await;
        sleep(Duration::from_secs(30)).await;
    }
    let diagnosis = world.stored();
    assert_eq!((&diagnosis["since"], &diagnosis["incomplete"]), (&json!(SINCE), &json!("Failed")));
    let of_diagnoses =
        world.requests().into_iter().filter(|(_, body)| !body["status"]["diagnosis"].is_null());
    assert_eq!(of_diagnoses.count(), 1);
    assert_eq!(world.wanted(), None);
}
