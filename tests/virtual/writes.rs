//! How often, and how many at a time, statuses are written (contract §2).

use std::time::Duration;

use saewatch::api::Health;
use saewatch::sae::Class;
use serde_json::json;

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, error, instance};
use crate::world::World;

/// A world with the watches `w-0`, `w-1`, … on applications of the same names.
fn many(count: usize) -> World {
    let mut world = World::new();
    world.calls_per_minute = 6000;
    for number in 0..count {
        let name = format!("w-{number}");
        world.sae.run(&name, Application::healthy(10));
        world.declare(&name, &name);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_new_watch_with_a_prompt_answer_costs_one_write() {
    let mut world = many(200);
    world.start();
    world.minutes(1).await;
    for number in 0..200 {
        let name = format!("w-{number}");
        assert_eq!(world.status(&name).health, Some(Health::Healthy), "{name}");
        assert_eq!(world.writes(&name).len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_new_watches_cost_a_write_each_however_long_the_quota_takes_for_them() {
    let mut world = many(1_000);
    world.start();
    world.seconds(25).await;
    let writes: usize = (0..1_000).map(|number| world.writes(&format!("w-{number}")).len()).sum();
    assert!((1_000..=1_020).contains(&writes), "{writes} writes");
    let healthy =
        world.metric(r#"saewatch_watches{health="Healthy",reason="AllInstancesHealthy",account=""}"#);
    assert_eq!(healthy, Some(1_000.0));
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_an_outcome_says_so_after_five_seconds_and_until_then_its_schema_does() {
    let mut world = many(1);
    world.sae.fail(error(Class::Transient(None), "ServiceUnavailable"));
    world.start();
    world.pass(Duration::from_millis(4_900)).await;
    assert_eq!(world.cluster.get("w-0")["status"], json!({"observedGeneration": -1}));
    assert!(world.is_ready());
    world.seconds(6).await;
    assert_eq!(world.says("w-0", "Ready"), "Unknown AwaitingFirstAnswer");
    assert_eq!(world.writes("w-0").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_one_instance_costs_one_write_and_a_heartbeat_has_no_list() {
    let mut world = many(1);
    world.start();
    world.minutes(1).await;
    world.sae.change("w-0", |app| app.instances[3].ip = Some("10.0.0.9".into()));
    world.minutes(1).await;
    world.minutes(5).await;
    let lists: Vec<bool> = world.writes("w-0").iter().map(|write| write.has_list).collect();
    assert_eq!(lists, [true, true, false], "the first answer, the change, a heartbeat");
    let bytes: Vec<usize> = world.writes("w-0").iter().map(|write| write.bytes).collect();
    assert!(bytes[2] < 200, "a heartbeat is two times: {bytes:?} bytes");
}

#[tokio::test(start_paused = true)]
async fn eight_watches_are_written_at_a_time_and_a_slow_api_server_holds_up_no_poll() {
    let polls = async |slow: bool| {
        let mut world = many(40);
        world.start();
        world.minutes(2).await;
        if slow {
            world.cluster.plan(Plan::every(Verb::Patch, Trouble::Slow(Duration::from_secs(3))));
        }
        for number in 0..40 {
            world.sae.change(&format!("w-{number}"), |app| app.instances[0].restarts = Some(1));
        }
        let before = world.sae.calls().len();
        world.minutes(1).await;
        let most = world.cluster.most_patches_at_a_time();
        (world.sae.calls().split_off(before), most)
    };
    let (quick, _) = polls(false).await;
    let (slow, at_a_time) = polls(true).await;
    assert_eq!(slow, quick);
    assert!((2..=8).contains(&at_a_time), "{at_a_time} at a time");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_hangs_holds_up_no_other_watch() {
    let mut world = many(20);
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Hang).on("w-7"));
    world.start();
    world.seconds(20).await;
    for number in (0..20).filter(|number| *number != 7) {
        assert_eq!(world.status(&format!("w-{number}")).health, Some(Health::Healthy), "w-{number}");
    }
    world.sae.change("w-8", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(2).await;
    assert_eq!(world.status("w-8").health, Some(Health::Degraded));
    world.cluster.mend();
    world.minutes(2).await;
    assert_eq!(world.status("w-7").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_waits_for_the_newer_version_and_then_decides_at_once() {
    let mut world = many(1);
    world.start();
    world.minutes(1).await;
    world.cluster.lag(Duration::from_secs(20));
    world.cluster.edit("w-0", |watch| watch["metadata"]["labels"] = json!({"by": "somebody"}));
    world.sae.change("w-0", |app| app.instances[0] = instance("i-0", "Error"));
    let before = world.writes("w-0").len();
    let polls = world.sae.polls("w-0");
    while world.writes("w-0").len() == before {
        world.seconds(1).await;
    }
    assert_eq!(world.writes("w-0")[before].answer, Some(409));
    while world.cluster.get("w-0")["status"]["readyInstances"] == "10/10" {
        world.seconds(1).await;
    }
    // The confirmation of what is stored at last follows it at once.
    let writes = world.writes("w-0");
    let answers: Vec<_> = writes[before..].iter().map(|write| write.answer).collect();
    assert_eq!(answers[..2], [Some(409), Some(200)], "it is not tried in between");
    assert!(world.sae.polls("w-0") <= polls + 2, "nor asked again but for the confirmation");

    assert_eq!(world.status("w-0").ready_instances.as_deref(), Some("9/10"));
    assert_eq!(world.metric("saewatch_status_writes_total{kind=\"change\",outcome=\"conflict\"}"), Some(1.0));
    assert_eq!(world.metric("saewatch_reconciles_total{outcome=\"error\"}"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_with_a_version_that_is_here_by_now_is_decided_anew_at_once() {
    let mut world = many(1);
    world.cluster.plan(Plan::next(Verb::Patch, Trouble::Slow(Duration::from_secs(2))));
    world.start();
    world.pass(Duration::from_millis(100)).await;
    // The label comes after the store was read, and its event before the answer.
    while world.cluster.patches_under_way() == 0 {
        world.pass(Duration::from_millis(1)).await;
    }
    world.cluster.edit("w-0", |watch| watch["metadata"]["labels"] = json!({"by": "somebody"}));
    world.seconds(5).await;
    assert_eq!(world.status("w-0").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn what_an_older_schema_drops_is_reported_and_not_written_at_every_poll() {
    let mut world = many(1);
    world.cluster.forget_field("/properties", "groupCount");
    world.cluster.forget_field("/properties/instances/items/properties", "image");
    world.start();
    world.minutes(20).await;
    assert_eq!(world.metric("saewatch_crd_outdated"), Some(1.0));
    let said = world.metrics.crd.trouble().unwrap();
    assert!(said.contains("does not take status.groupCount, status.instances[].image;"), "{said}");
    assert!(world.writes("w-0").len() <= 5, "{:#?}", world.writes("w-0"));

    world.cluster.know_all_fields();
    world.minutes(6).await;
    let watch = world.cluster.get("w-0");
    assert_eq!(watch["status"]["groupCount"], 1);
    assert_eq!(watch["status"]["instances"][0]["image"], "shop:1");
    assert_eq!(world.metric("saewatch_crd_outdated"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_field_that_this_version_does_not_know_goes_with_the_next_write() {
    let mut world = many(1);
    world.start();
    world.minutes(1).await;
    world.cluster.know_field("painted");
    world.cluster.damage("w-0", &json!({"painted": "green"}));
    world.minutes(6).await;
    assert!(world.cluster.get("w-0")["status"]["painted"].is_null());
}
