//! Silence: what changes nothing is neither written nor emitted (contract §2).

use saewatch::api::Health;
use saewatch::sae::{Class, Error};

use crate::sae::{error, unready};
use crate::world::{World, without_heartbeat};

#[tokio::test(start_paused = true)]
async fn a_hundred_identical_polls_write_nothing_but_heartbeats_and_tell_nothing() {
    let mut world = World::observed().await;
    let (polls, writes) = (world.sae.polls("app-1"), world.writes("shop").len());
    let before = without_heartbeat(world.cluster.get("shop"));
    world.minutes(100).await;
    let polls = world.sae.polls("app-1") - polls;
    assert!((99..=101).contains(&polls), "{polls} polls");
    let writes = world.writes("shop").split_off(writes);
    assert!((19..=20).contains(&writes.len()), "{writes:#?}");
    assert!(writes.iter().all(|write| !write.has_list), "the list is not written again");
    assert_eq!(without_heartbeat(world.cluster.get("shop")), before);
    assert_eq!(world.emitted("shop"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn another_order_and_other_words_for_the_same_state_are_identical_polls() {
    let mut world = World::observed().await;
    let probe = |number: u32| unready("i-9", &format!("probe failed: HTTP 503 after {number} ms"));
    world.sae.change("app-1", |app| app.instances.push(probe(0)));
    world.minutes(3).await;
    assert_eq!(world.status("shop").health, Some(Health::Degraded));
    let (writes, emitted) = (world.writes("shop").len(), world.emitted("shop"));
    let before = without_heartbeat(world.cluster.get("shop"));
    for number in 1..=100 {
        world.sae.change("app-1", |app| {
            app.instances.retain(|one| one.id != "i-9");
            app.instances.push(probe(number));
            app.instances.rotate_left(number as usize % 4);
        });
        world.minutes(1).await;
    }
    assert_eq!(without_heartbeat(world.cluster.get("shop")), before);
    let writes = world.writes("shop").split_off(writes);
    assert!((19..=20).contains(&writes.len()), "{writes:#?}");
    assert!(writes.iter().all(|write| !write.has_list), "the list is not written again");
    assert_eq!(world.emitted("shop"), emitted);
}

#[tokio::test(start_paused = true)]
async fn trouble_that_goes_on_is_written_and_told_once() {
    for (class, events) in [
        (Class::Transient(None), ["PollFailed", "DataStale"].as_slice()),
        (Class::Throttled(None), &[]),
        (Class::NotFound, &["AppNotFound"]),
        (Class::Denied, &["AccessDenied"]),
    ] {
        let mut world = World::observed().await;
        for minute in 0..30 {
            let request_id = Some(format!("request-{minute}"));
            world.sae.fail(Error { request_id, ..error(class, "Trouble") });
            world.minutes(1).await;
        }
        let writes = world.writes("shop").len();
        assert_eq!(world.emitted("shop"), events, "{class:?}");
        world.minutes(120).await;
        assert_eq!(world.writes("shop").len(), writes, "{class:?}: nothing new to say");
        assert_eq!(world.emitted("shop"), events, "{class:?}");
        assert_eq!(world.status("shop").health, Some(Health::Unknown), "{class:?}");
    }
}
