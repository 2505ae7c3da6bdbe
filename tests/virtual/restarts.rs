//! What a restart repeats, loses and finds: nothing, nothing, and the truth.

use std::time::Duration;

use saewatch::api::Health;
use saewatch::sae::Class;
use serde_json::{Value, json};

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, error, healthy, instance};
use crate::world::{World, without_heartbeat};

/// Brings a watch into some state.
type Situation = (&'static str, fn(&World));

const SITUATIONS: [Situation; 8] = [
    ("healthy", |_| {}),
    ("crashing", |world| {
        world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
    }),
    ("starting", |world| world.sae.change("app-1", |app| app.scale(5))),
    ("gone", |world| world.sae.delete("app-1")),
    ("unreachable", |world| world.sae.fail(error(Class::Transient(None), "ServiceUnavailable"))),
    ("suspended", |world| world.cluster.edit_spec("shop", &json!({"suspend": true}))),
    ("empty", |world| world.sae.change("app-1", |app| app.instances.clear())),
    ("refreshed", |world| world.cluster.request_poll("shop", "now")),
];

#[tokio::test(start_paused = true)]
async fn a_restart_repeats_neither_writes_nor_events() {
    for (situation, bring_about) in SITUATIONS {
        let mut world = World::observed().await;
        bring_about(&world);
        world.minutes(30).await;
        let before = without_heartbeat(world.cluster.get("shop"));
        let (emitted, writes) = (world.emitted("shop"), world.writes("shop").len());
        for _ in 0..10 {
            world.kill();
            world.start();
            world.minutes(3).await;
        }
        assert_eq!(without_heartbeat(world.cluster.get("shop")), before, "{situation}");
        assert_eq!(world.emitted("shop"), emitted, "{situation}");
        let writes = world.writes("shop").split_off(writes);
        assert!(writes.len() <= 7, "{situation}: only heartbeats in half an hour: {writes:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_was_away_marks_what_is_stale_first_and_tells_nobody() {
    let mut world = World::observed().await;
    world.kill();
    world.minutes(60).await;
    world.sae.limit(0);
    world.start();
    world.pass(Duration::from_millis(500)).await;
    assert_eq!(world.status("shop").health, Some(Health::Unknown));
    assert_eq!(world.says("shop", "Ready"), "False DataStale");
    world.sae.mend();
    world.minutes(1).await;
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
    assert_eq!(world.says("shop", "Ready"), "True Observed");
    assert_eq!(world.emitted("shop"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_operator_that_was_away_tells_what_is_stale_when_its_own_first_attempt_fails_too() {
    let mut world = World::observed().await;
    world.kill();
    world.minutes(60).await;
    world.sae.fail(error(Class::Transient(None), "ServiceUnavailable"));
    world.start();
    world.minutes(1).await;
    assert_eq!(world.emitted("shop"), ["DataStale"]);
    world.sae.mend();
    world.minutes(2).await;
    assert_eq!(world.emitted("shop"), ["DataStale", "PollRecovered"]);
}

#[tokio::test(start_paused = true)]
async fn an_open_streak_survives_a_restart_and_is_confirmed() {
    let mut world = World::observed().await;
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    while world.status("shop").memory.streak.is_none() {
        world.seconds(1).await;
    }
    world.kill();
    world.start();
    world.seconds(15).await;
    assert_eq!(world.status("shop").health, Some(Health::Degraded));
    assert_eq!(world.emitted("shop"), ["HealthDegraded"]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_cache_never_makes_an_older_status_win() {
    let mut world = World::observed().await;
    world.cluster.lag(Duration::from_secs(200));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
    world.minutes(3).await;
    let status = world.status("shop");
    assert_eq!(
        status.health,
        Some(Health::Degraded),
        "two polls in a row, though the first is not in the cache"
    );
    world.sae.change("app-1", |app| app.instances[0] = healthy("i-0"));
    let mut health = vec![status.health.unwrap()];
    for _ in 0..600 {
        world.seconds(1).await;
        health.push(world.status("shop").health.unwrap());
    }
    health.dedup();
    assert_eq!(health, [Health::Degraded, Health::Healthy]);
    assert_eq!(world.emitted("shop"), ["InstancesCrashLooping", "HealthDegraded", "HealthRecovered"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_by_somebody_else_between_cache_and_write_is_not_lost_on_the_operator() {
    let mut world = World::observed().await;
    world.cluster.lag(Duration::from_secs(5));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    for _ in 0..30 {
        world.cluster.damage("shop", &json!({"readyInstances": "99/99"}));
        world.seconds(7).await;
    }
    world.seconds(62).await;
    assert_eq!(world.status("shop").ready_instances.as_deref(), Some("2/3"));
    assert_eq!(world.emitted("shop"), ["HealthDegraded"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_at_once_when_nothing_is_under_way() {
    let mut world = World::observed().await;
    let took = world.stop().await;
    assert!(took < Duration::from_millis(100), "{took:?}");
    let (calls, polls) = (world.cluster.calls().len(), world.sae.calls().len());
    world.minutes(10).await;
    assert_eq!(
        (world.cluster.calls().len(), world.sae.calls().len()),
        (calls, polls),
        "and it is really over"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_first_list_is_in_ends_at_once() {
    let mut world = World::new();
    world.cluster.plan(Plan::every(Verb::StreamList, Trouble::Hang));
    world.declare("shop", "app-1");
    for seconds in [0, 1, 20, 100] {
        world.start();
        world.seconds(seconds).await;
        let took = world.stop().await;
        assert!(took < Duration::from_millis(100), "{took:?} after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_lets_the_write_under_way_finish() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Slow(Duration::from_secs(1))));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
    while world.emitted("shop").is_empty() {
        world.pass(Duration::from_millis(10)).await;
    }
    let took = world.stop().await;
    // The write began within the last 10 ms.
    assert!((Duration::from_millis(990)..Duration::from_secs(3)).contains(&took), "{took:?}");
    assert_eq!(world.status("shop").counts.unwrap().failing, 1, "list and status are both stored");
    assert_eq!(world.status("shop").instances[0].reason, "CrashLoopBackOff");
}

#[tokio::test(start_paused = true)]
async fn a_new_version_with_another_heartbeat_writes_it_down_once() {
    let mut world = World::observed().await;
    world.kill();
    let before: Value = without_heartbeat(world.cluster.get("shop"));
    world.heartbeat = Duration::from_secs(3600);
    world.start();
    world.minutes(20).await;
    assert_eq!(without_heartbeat(world.cluster.get("shop")), before);
    let status = world.status("shop");
    let fresh_for = status.stale_after.unwrap().0.duration_since(status.observed_at.unwrap().0);
    assert_eq!(fresh_for.as_secs(), 3600 + 3 * 60);
}

#[tokio::test(start_paused = true)]
async fn a_restart_onto_a_stale_cache_neither_undoes_nor_doubles_anything() {
    for behind in [5, 30, 70, 150, 290] {
        let mut world = World::observed().await;
        world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
        world.minutes(3).await;
        world.sae.change("app-1", |app| app.instances[0] = healthy("i-0"));
        world.minutes(2).await;
        let (shown, emitted) = (world.status("shop"), world.emitted("shop"));
        world.kill();
        world.cluster.lag(Duration::from_secs(behind));
        world.start();
        world.minutes(3).await;
        assert_eq!(world.status("shop").health, Some(Health::Healthy), "{behind} s behind");
        world.minutes(7).await;
        world.cluster.mend();
        world.minutes(3).await;
        let status = world.status("shop");
        assert_eq!(status.recent_transitions, shown.recent_transitions, "{behind} s behind");
        assert_eq!((status.health, status.instances), (shown.health, shown.instances), "{behind} s behind");
        assert_eq!(world.emitted("shop"), emitted, "{behind} s behind");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_never_overspends_the_quota() {
    let mut world = World::new();
    world.calls_per_minute = 10;
    for number in 0..20 {
        let app = format!("app-{number}");
        world.sae.run(&app, Application::healthy(1));
        world.declare(&format!("shop-{number}"), &app);
    }
    for life in 0..100 {
        world.start();
        world.pass(Duration::from_millis(500 + 350 * (life % 40))).await;
        world.kill();
    }
    let most = world.sae.most_in_a_minute();
    assert!((5..=10).contains(&most), "{most} calls in a minute");
}
