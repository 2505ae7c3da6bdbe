//! Eight scenes of what the operator does. Each has a golden file, which is read before it is changed: a change that
//! nobody meant shows there.

use saewatch::domain::ObservedInstance;
use saewatch::sae::Class;
use serde_json::json;

use crate::sae::{Application, drawn, error, healthy, instance, unready};
use crate::trace::compare;
use crate::world::World;

/// A world with the watch `shop` on three healthy instances, before the operator starts.
fn shop() -> World {
    let world = World::new();
    world.sae.run("app-1", Application::healthy(3));
    world.declare("shop", "app-1");
    world
}

fn be(world: &World, number: usize, one: ObservedInstance) {
    world.sae.change("app-1", |app| app.instances[number] = one);
}

#[tokio::test(start_paused = true)]
async fn scene_a_new_watch_of_a_healthy_application() {
    let mut world = shop();
    world.start();
    world.minutes(12).await;
    compare("new-watch", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_a_crash_a_recovery_and_a_rollout_are_damped_and_told() {
    let mut world = shop();
    world.cluster.edit_spec("shop", &json!({"health": {"healthyThreshold": 2}}));
    world.start();
    world.minutes(2).await;
    // One bad poll is none.
    be(&world, 0, unready("i-0", "probe failed"));
    while world.status("shop").memory.streak.is_none() {
        world.seconds(1).await;
    }
    be(&world, 0, healthy("i-0"));
    world.minutes(2).await;
    be(&world, 0, ObservedInstance { restarts: Some(3), ..instance("i-0", "CrashLoopBackOff") });
    world.minutes(2).await;
    be(&world, 1, instance("i-1", "ImagePullBackOff"));
    world.minutes(2).await;
    be(&world, 0, ObservedInstance { restarts: Some(4), ..healthy("i-0") });
    be(&world, 1, healthy("i-1"));
    world.minutes(3).await;
    be(&world, 2, instance("n-2", "ContainerCreating"));
    world.minutes(2).await;
    let of_the_new_version = |id| ObservedInstance { image: Some("shop:2".into()), ..healthy(id) };
    world.sae.run("app-1", Application::of(["n-2", "n-3", "n-4", "n-5"].map(of_the_new_version)));
    world.minutes(3).await;
    compare("crash-and-recovery", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_a_throttled_account_blames_nobody() {
    let mut world = shop();
    world.sae.run("app-2", Application::healthy(1));
    world.start();
    world.minutes(2).await;
    world.sae.limit(0);
    world.declare("late", "app-2");
    world.minutes(12).await;
    world.sae.mend();
    world.minutes(3).await;
    compare("throttled", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_what_only_a_human_can_mend_stalls_the_watch_until_it_is_mended() {
    let mut world = shop();
    world.start();
    world.minutes(2).await;
    world.sae.fail(error(Class::Denied, "NoPermission"));
    world.minutes(12).await;
    world.sae.mend();
    world.minutes(11).await;
    world.sae.delete("app-1");
    world.minutes(2).await;
    world.sae.run("app-1", Application::healthy(2));
    world.cluster.request_poll("shop", "it-is-back");
    world.minutes(2).await;
    compare("permanent-error", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_polls_that_keep_failing_are_told_and_then_the_data_is_stale() {
    let mut world = shop();
    world.sae.run("app-2", Application::healthy(1));
    world.start();
    world.minutes(2).await;
    world.sae.fail(error(Class::Transient(None), "ServiceUnavailable"));
    world.minutes(1).await;
    world.declare("late", "app-2");
    world.minutes(12).await;
    world.sae.mend();
    world.minutes(3).await;
    compare("failures", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_a_watch_is_suspended_resumed_and_asks_another_question() {
    let mut world = shop();
    world.sae.run("app-1", drawn("RRC/RR", 0));
    world.cluster.create("asleep", &json!({"appId": "app-1", "suspend": true}));
    world.start();
    world.minutes(1).await;
    let edits = [
        json!({"suspend": true}),
        json!({"suspend": false}),
        json!({"groupIds": ["g-2"]}),
        json!({"groupIds": ["g-9"]}),
        json!({"groupIds": null, "regionId": "cn-beijing", "health": {"minHealthyPercent": 50}}),
        json!({"suspend": true, "instanceId": "i-2"}),
        json!({"suspend": false}),
        json!({"instances": {"limit": 0}, "instanceId": null}),
    ];
    for edit in edits {
        world.cluster.edit_spec("shop", &edit);
        world.minutes(2).await;
    }
    world.cluster.edit_spec("asleep", &json!({"suspend": false}));
    world.minutes(1).await;
    compare("suspended-and-retargeted", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_many_targets_are_swept_and_those_that_moved_are_confirmed() {
    let mut world = World::new();
    for number in 1..=20 {
        let app = format!("app-{number}");
        world.sae.run(&app, Application::healthy(1));
        world.cluster.create(&format!("shop-{number}"), &json!({"appId": app, "interval": "3m"}));
    }
    world.start();
    world.minutes(4).await;
    world.sae.change("app-7", |app| app.instances[0] = instance("i-0", "Error"));
    world.sae.change("app-9", |app| app.scale(2));
    world.minutes(5).await;
    compare("many-targets", &world);
}

#[tokio::test(start_paused = true)]
async fn scene_a_restart_goes_on_where_the_last_process_was() {
    let mut world = shop();
    world.start();
    world.minutes(2).await;
    be(&world, 0, ObservedInstance { restarts: Some(1), ..instance("i-0", "CrashLoopBackOff") });
    while world.status("shop").memory.streak.is_none() {
        world.seconds(1).await;
    }
    world.kill();
    world.seconds(1).await;
    world.start();
    world.minutes(2).await;
    world.cluster.request_poll("shop", "token-1");
    world.minutes(1).await;
    world.stop().await;
    be(&world, 0, healthy("i-0"));
    world.minutes(20).await;
    world.start();
    world.minutes(2).await;
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.cluster.request_poll("shop", "while-suspended");
    world.minutes(1).await;
    compare("restarts", &world);
}
