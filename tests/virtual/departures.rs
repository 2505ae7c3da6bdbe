//! Watches that go: deleted, suspended, missed. And the ways in which the operator hears of what there is.

use std::time::Duration;

use saewatch::api::Health;
use serde_json::json;

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, instance};
use crate::world::World;

/// Asserts that an application is asked for no more.
async fn assert_left_alone(world: &mut World, app: &str) {
    let polls = world.sae.polls(app);
    world.minutes(30).await;
    assert_eq!(world.sae.polls(app), polls, "polls of {app}");
}

#[tokio::test(start_paused = true)]
async fn the_polls_of_a_deleted_watch_end_at_once() {
    let mut world = World::observed().await;
    world.cluster.delete("shop");
    world.pass(Duration::from_millis(100)).await;
    assert_left_alone(&mut world, "app-1").await;
}

#[tokio::test(start_paused = true)]
async fn the_polls_of_a_watch_that_a_finalizer_holds_end_at_once() {
    let mut world = World::observed().await;
    world.cluster.begin_delete("shop");
    world.pass(Duration::from_millis(100)).await;
    assert_left_alone(&mut world, "app-1").await;
}

#[tokio::test(start_paused = true)]
async fn the_polls_of_a_suspended_watch_end_at_once_and_begin_again_when_it_is_resumed() {
    let mut world = World::observed().await;
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.pass(Duration::from_millis(100)).await;
    assert_left_alone(&mut world, "app-1").await;
    assert_eq!(world.status("shop").health, Some(Health::Healthy), "it keeps what it shows");
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.cluster.edit_spec("shop", &json!({"suspend": false}));
    world.minutes(1).await;
    assert_eq!(world.status("shop").health, Some(Health::Degraded));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_nobody_told_ends_the_polls_with_the_next_list() {
    let mut world = World::observed().await;
    world.sae.run("app-2", Application::healthy(1));
    world.declare("other", "app-2");
    world.minutes(1).await;
    world.cluster.plan(Plan::every(Verb::Watch, Trouble::Answer(500)));
    world.cluster.cut_watches();
    world.seconds(1).await;
    world.cluster.delete("shop");
    world.cluster.compact();
    world.minutes(5).await;
    world.cluster.mend();
    world.minutes(1).await;
    assert_left_alone(&mut world, "app-1").await;
    assert!(world.sae.polls("app-2") > 30);
}

#[tokio::test(start_paused = true)]
async fn a_watch_created_anew_under_the_same_name_is_another_watch() {
    let mut world = World::observed().await;
    world.sae.run("app-2", Application::of([instance("i-7", "Error")]));
    world.cluster.delete("shop");
    world.declare("shop", "app-2");
    world.minutes(1).await;
    let status = world.status("shop");
    assert_eq!((status.health, status.instances.len()), (Some(Health::Unhealthy), 1));
    assert_left_alone(&mut world, "app-1").await;
}

#[tokio::test(start_paused = true)]
async fn a_change_while_the_watch_was_down_is_seen_when_it_is_up_again() {
    let mut world = World::observed().await;
    world.sae.run("app-2", Application::healthy(1));
    world.cluster.plan(Plan::next(Verb::Watch, Trouble::Answer(500)).times(5));
    world.cluster.cut_watches();
    world.seconds(1).await;
    world.declare("other", "app-2");
    world.minutes(3).await;
    assert_eq!(world.status("other").health, Some(Health::Healthy));
}

/// More watches than a page holds, which is 500, and a server without streamed lists.
fn in_pages() -> World {
    let world = World::new();
    world.cluster.plan(Plan::every(Verb::StreamList, Trouble::Answer(422)));
    for number in 0..501 {
        world.cluster.create(&format!("w-{number}"), &json!({"appId": "app-1", "suspend": true}));
    }
    world
}

/// Whether the status of each of them is written.
fn are_all_observed(world: &World) -> bool {
    (0..501).all(|number| world.status(&format!("w-{number}")).observed_generation == 1)
}

#[tokio::test(start_paused = true)]
async fn a_list_that_breaks_off_after_its_first_page_leaves_no_watch_behind() {
    let mut world = in_pages();
    world.cluster.plan(Plan::next(Verb::List, Trouble::Answer(500)).after(1));
    world.start();
    world.minutes(1).await;
    assert!(world.is_ready() && are_all_observed(&world));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_streamed_lists_is_read_in_pages() {
    let mut world = in_pages();
    world.sae.run("app-1", Application::healthy(1));
    world.declare("shop", "app-1");
    world.start();
    world.minutes(1).await;
    assert!(world.is_ready());
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
    assert!(are_all_observed(&world));
    let calls = world.cluster.calls();
    let count = |verb| calls.iter().filter(|call| call.verb == verb).count();
    assert_eq!((count(Verb::StreamList), count(Verb::List)), (1, 2), "refused once, then two pages");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_is_requested_less_and_less_often_in_pages_too() {
    let mut world = World::new();
    world.cluster.plan(Plan::every(Verb::StreamList, Trouble::Answer(422)));
    world.cluster.plan(Plan::every(Verb::List, Trouble::Answer(403)));
    world.start();
    world.minutes(10).await;
    let tries = world.cluster.calls().len();
    assert!((15..=100).contains(&tries), "{tries} tries in 10 minutes");
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_given_back_is_seen_within_a_minute_though_nothing_changes() {
    let mut world = World::new();
    world.cluster.create("shop", &json!({"appId": "app-1", "suspend": true}));
    world.start();
    world.minutes(1).await;
    let refused = |world: &World| world.metric("saewatch_namespace_refused");
    assert_eq!(refused(&world), Some(0.0));
    for verb in [Verb::StreamList, Verb::Watch] {
        world.cluster.plan(Plan::every(verb, Trouble::Answer(403)));
    }
    world.cluster.cut_watches();
    world.minutes(5).await;
    assert_eq!(refused(&world), Some(1.0));
    world.cluster.mend();
    world.seconds(61).await;
    assert_eq!(refused(&world), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_is_tried_again_and_nobody_is_ready_meanwhile() {
    let mut world = World::new();
    world.cluster.plan(Plan::every(Verb::StreamList, Trouble::Lost));
    world.sae.run("app-1", Application::healthy(1));
    world.declare("shop", "app-1");
    world.start();
    world.minutes(10).await;
    assert!(!world.is_ready());
    let tries = world.cluster.calls().len();
    assert!((15..=100).contains(&tries), "{tries} tries in 10 minutes");
    world.cluster.mend();
    world.minutes(1).await;
    assert!(world.is_ready());
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn a_watch_created_anew_never_gets_the_status_of_its_namesake() {
    let mut world = World::observed().await;
    world.cluster.lag(Duration::from_secs(90));
    world.cluster.delete("shop");
    world.cluster.create("shop", &json!({"appId": "app-2", "suspend": true}));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.seconds(80).await;
    let status = world.status("shop");
    assert_eq!((status.health, status.counts, status.observed_generation), (None, None, -1));
    world.minutes(3).await;
    assert_eq!(world.says("shop", "AppHealthy"), "Unknown Suspended");
}

#[tokio::test(start_paused = true)]
async fn a_list_of_one_namespace_leaves_the_watches_of_another_alone() {
    let mut world = World::new();
    world.scope.namespaces = vec!["blue".into(), "green".into()];
    for name in ["blue/shop", "green/shop", "red/shop"] {
        let app = name.replace('/', "-");
        world.sae.run(&app, Application::healthy(1));
        world.declare(name, &app);
    }
    world.start();
    world.minutes(2).await;
    world.cluster.delete("blue/shop");
    world.cluster.compact();
    world.cluster.cut_watches();
    world.minutes(1).await;
    assert_left_alone(&mut world, "blue-shop").await;
    assert!(world.sae.polls("green-shop") >= 30);
    assert_eq!(world.sae.polls("red-shop"), 0, "nobody asked for it");
}

#[tokio::test(start_paused = true)]
async fn a_watch_created_anew_whose_deletion_was_missed_is_polled_at_once() {
    let mut world = World::observed().await;
    world.minutes(1).await;
    world.cluster.plan(Plan::next(Verb::Watch, Trouble::Answer(500)).times(5));
    world.cluster.cut_watches();
    world.seconds(1).await;
    world.cluster.delete("shop");
    world.cluster.create("shop", &json!({"appId": "app-1", "interval": "1h"}));
    world.cluster.compact();
    world.minutes(10).await;
    let status = world.status("shop");
    assert_eq!((status.health, status.observed_generation), (Some(Health::Healthy), 1));
}
