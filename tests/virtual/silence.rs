//! Silence: what changes nothing is neither written nor told (contract §2).

use saewatch::api::Health;

use crate::sae::Application;
use crate::world::{World, without_heartbeat};

/// A world whose one watch, `shop`, has had its first answer.
async fn observed() -> World {
    let mut world = World::new();
    world.sae.run("app-1", Application::healthy(3));
    world.declare("shop", "app-1");
    world.start();
    world.minutes(1).await;
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
    world
}

#[tokio::test(start_paused = true)]
async fn a_hundred_identical_polls_write_nothing_but_heartbeats_and_tell_nothing() {
    let mut world = observed().await;
    let (polls, writes) = (world.sae.polls("app-1"), world.writes("shop").len());
    let before = without_heartbeat(world.cluster.get("shop"));
    world.minutes(100).await;
    let polls = world.sae.polls("app-1") - polls;
    assert!((99..=101).contains(&polls), "{polls} polls");
    let writes = world.writes("shop").split_off(writes);
    assert!((16..=20).contains(&writes.len()), "{writes:#?}");
    assert!(writes.iter().all(|write| write.manager == "saewatch"), "the list is not written again");
    assert_eq!(without_heartbeat(world.cluster.get("shop")), before);
    assert_eq!(world.told("shop"), [""; 0]);
}
