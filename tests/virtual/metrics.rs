//! What is counted while the operator works, and what is shown of its watches.

use saewatch::sae::Class;
use serde_json::json;

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, ListTrouble, error, instance};
use crate::sets::with_set;
use crate::world::World;

/// The series of writes of this kind with this outcome.
fn writes(kind: &str, outcome: &str) -> String {
    format!("saewatch_status_writes_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}")
}

#[tokio::test(start_paused = true)]
async fn a_quiet_hour_is_a_dozen_heartbeats_and_no_change() {
    let mut world = World::observed().await;
    let changes = world.metric(&writes("change", "success")).unwrap();
    world.minutes(60).await;
    assert_eq!(world.metric(&writes("change", "success")), Some(changes));
    let heartbeats = world.metric(&writes("heartbeat", "success")).unwrap();
    assert!((11.0..=12.0).contains(&heartbeats), "{heartbeats} heartbeats");
    for kind in ["change", "heartbeat"] {
        assert_eq!(world.metric(&writes(kind, "error")), Some(0.0), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_tell_the_truth_while_no_status_can_be_written() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(500)));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(10).await;
    let (shown, now) = (world.status("shop"), u32::try_from(world.clock.now().as_second()).unwrap());
    assert_eq!(shown.ready_instances.as_deref(), Some("3/3"), "nothing could be written");
    assert_eq!(world.metric("saewatch_watch_ready_instances{"), Some(2.0));
    let observed = world.metric("saewatch_watch_observed_timestamp_seconds{").unwrap();
    assert!(f64::from(now) - observed <= 60.0, "observed at {observed}, now it is {now}");
    assert!(world.metric(&writes("change", "error")) > Some(0.0));
    assert!(world.metric(r#"saewatch_reconciles_total{outcome="error"}"#) > Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_somebody_was_quicker_than_is_no_failure() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::next(Verb::Patch, Trouble::Answer(409)));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(10).await;
    assert_eq!(world.status("shop").ready_instances.as_deref(), Some("2/3"), "it was written again");
    assert_eq!(world.metric(&writes("change", "conflict")), Some(1.0));
    assert_eq!(world.metric(&writes("change", "error")), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_stored_is_counted() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::every(Verb::Emit, Trouble::Answer(403)));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(10).await;
    let degraded =
        |outcome: &str| format!("saewatch_events_total{{reason=\"HealthDegraded\",outcome=\"{outcome}\"}}");
    assert_eq!(world.metric(&degraded("error")), Some(1.0));
    assert_eq!(world.metric(&degraded("success")), None);
}

#[tokio::test(start_paused = true)]
async fn writes_and_events_of_a_set_are_counted_too() {
    let mut world = with_set(1);
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(403)).on("all"));
    world.start();
    world.minutes(2).await;
    assert!(world.metric(&writes("change", "error")) > Some(0.0));
    world.cluster.mend();
    world.cluster.plan(Plan::every(Verb::Emit, Trouble::Answer(403)).on("all"));
    world.sae.trouble_lists(1, ListTrouble::Fail(error(Class::Transient(None), "ServiceUnavailable")));
    world.minutes(30).await;
    assert_eq!(world.metric(r#"saewatch_events_total{reason="ListFailed",outcome="error"}"#), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_suspended_watch_shows_what_it_has_and_no_interval() {
    let mut world = World::observed().await;
    assert_eq!(world.metric("saewatch_watch_effective_interval_seconds{"), Some(60.0));
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.seconds(1).await;
    assert_eq!(world.metric("saewatch_watch_effective_interval_seconds{"), None);
    assert_eq!(world.metric("saewatch_watch_ready_instances{"), Some(3.0));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_watch_is_counted_until_it_goes_also_while_nobody_looks() {
    let mut world = World::observed().await;
    world.cluster.create("broken", &json!({"appId": 7}));
    world.seconds(1).await;
    assert_eq!(world.metric("saewatch_invalid_watches"), Some(1.0));
    world.cluster.plan(Plan::every(Verb::Watch, Trouble::Answer(500)));
    world.cluster.cut_watches();
    world.seconds(1).await;
    world.cluster.delete("broken");
    world.cluster.compact();
    world.cluster.mend();
    world.minutes(2).await;
    assert_eq!(world.metric("saewatch_invalid_watches"), Some(0.0));
    assert_eq!(world.metric("saewatch_watches{"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_killed_operator_shows_nothing_any_more_and_the_next_one_all_of_it() {
    let mut world = World::observed().await;
    world.sae.run("app-2", Application::healthy(1));
    world.declare("other", "app-2");
    world.minutes(1).await;
    world.kill();
    world.seconds(1).await;
    assert_eq!(world.metric("saewatch_watch_"), None);
    world.start();
    world.minutes(1).await;
    let healthy = r#"saewatch_watches{health="Healthy",reason="AllInstancesHealthy",account=""}"#;
    assert_eq!(world.metric(healthy), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_an_application_that_is_not_there_says_so_in_its_series() {
    let mut world = World::observed().await;
    world.declare("gone", "app-9");
    world.minutes(1).await;
    let series = |metric: &str, label: &str| {
        let watch =
            r#"namespace="team",watch="gone",account="",app_id="app-9",app_name="",region="cn-hangzhou""#;
        world.metric(&format!("saewatch_watch_{metric}{{{watch}{label}}}"))
    };
    assert_eq!(series("reason_info", r#",reason="AppNotFound""#), Some(1.0));
    assert_eq!(series("health", r#",health="Unknown""#), Some(1.0));
    for (condition, status) in [("Ready", "false"), ("AppHealthy", "unknown"), ("Stalled", "true")] {
        for one in ["true", "false", "unknown"] {
            let labels = format!(",condition=\"{condition}\",status=\"{one}\"");
            let expected = if one == status { 1.0 } else { 0.0 };
            assert_eq!(series("status_condition", &labels), Some(expected), "{condition} {one}");
        }
    }
    assert_eq!(series("status_condition", r#",condition="Reconciling",status="true""#), None);
    assert!(series("health_transition_timestamp_seconds", "").is_some(), "its health never changed");
}
