//! Trouble with the API server: what could not be written is written later, and nothing is lost or doubled.

use std::time::Duration;

use saewatch::api::Health;
use serde_json::json;

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::instance;
use crate::world::World;

const TROUBLES: [Trouble; 10] = [
    Trouble::Answer(404),
    Trouble::Answer(409),
    Trouble::Answer(429),
    Trouble::Answer(500),
    Trouble::Answer(503),
    Trouble::Answer(504),
    Trouble::Lost,
    Trouble::Unheard,
    Trouble::Hang,
    Trouble::Slow(Duration::from_secs(10)),
];

/// A world in which one of three instances crashes, one minute after the trouble began.
async fn crash_amid(plans: &[Plan]) -> World {
    let mut world = World::observed().await;
    for plan in plans {
        world.cluster.plan(plan.clone());
    }
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
    world.minutes(4).await;
    world
}

fn assert_crash_is_shown(world: &World, trouble: Trouble) {
    let status = world.status("shop");
    assert_eq!(status.health, Some(Health::Degraded), "{trouble:?}");
    assert_eq!(status.instances[0].reason, "CrashLoopBackOff", "{trouble:?}");
    assert_eq!(status.counts.unwrap().failing, 1, "{trouble:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_is_repeated_until_it_is_stored() {
    for trouble in TROUBLES {
        for after in 0..4 {
            let world = crash_amid(&[Plan::next(Verb::Patch, trouble).after(after).times(2)]).await;
            assert_crash_is_shown(&world, trouble);
            assert_eq!(
                world.emitted("shop"),
                ["InstancesCrashLooping", "HealthDegraded"],
                "{trouble:?}, {after}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_told_once_though_the_status_behind_it_is_refused_for_minutes() {
    let mut world = crash_amid(&[Plan::every(Verb::Patch, Trouble::Answer(500))]).await;
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
    world.cluster.mend();
    world.minutes(2).await;
    assert_crash_is_shown(&world, Trouble::Answer(500));
    assert_eq!(world.emitted("shop"), ["InstancesCrashLooping", "HealthDegraded"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_told_costs_nothing_else() {
    for trouble in [403, 404, 422, 429].map(Trouble::Answer).into_iter().chain([Trouble::Lost, Trouble::Hang])
    {
        let world = crash_amid(&[Plan::every(Verb::Emit, trouble)]).await;
        assert_crash_is_shown(&world, trouble);
        assert_eq!(world.emitted("shop"), [""; 0], "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_telling_was_not_heard_is_not_told_twice() {
    let troubles = [Trouble::Unheard, Trouble::Slow(Duration::from_secs(20))];
    for trouble in [500, 503].map(Trouble::Answer).into_iter().chain(troubles) {
        let world = crash_amid(&[Plan::next(Verb::Emit, trouble)]).await;
        assert_crash_is_shown(&world, trouble);
        assert_eq!(world.emitted("shop"), ["InstancesCrashLooping", "HealthDegraded"], "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_response_is_emitted_again() {
    for trouble in [Trouble::Lost, Trouble::Hang] {
        let world = crash_amid(&[Plan::next(Verb::Emit, trouble)]).await;
        assert_crash_is_shown(&world, trouble);
        assert_eq!(world.emitted("shop"), ["InstancesCrashLooping", "HealthDegraded"], "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_of_a_write_keep_a_distance() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(500)));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "CrashLoopBackOff"));
    let before = world.writes("shop").len();
    world.minutes(60).await;
    let tries = world.writes("shop").len() - before;
    assert!((60..=150).contains(&tries), "{tries} tries in an hour");
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_write_was_not_heard_counts_once() {
    let mut world = World::observed().await;
    world.cluster.edit_spec("shop", &json!({"health": {"unhealthyThreshold": 3}}));
    world.minutes(1).await;
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    let polls = world.sae.polls("app-1");
    world.cluster.plan(Plan::next(Verb::Patch, Trouble::Unheard));
    while world.sae.polls("app-1") == polls {
        world.pass(Duration::from_millis(100)).await;
    }
    world.seconds(4).await;
    assert_eq!(world.sae.polls("app-1"), polls + 1);
    assert_eq!(world.status("shop").memory.streak.unwrap().polls, 1);
    assert_eq!(world.status("shop").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_brought_is_told_once_though_its_write_was_not_heard() {
    let mut world = World::observed().await;
    world.cluster.plan(Plan::next(Verb::Patch, Trouble::Unheard));
    world.sae.change("app-1", |app| {
        app.instances[0].restarts = Some(3);
        app.instances.pop();
        app.scale(2);
    });
    world.minutes(3).await;
    assert_eq!(world.emitted("shop"), ["InstancesScaled", "InstancesRestarted"]);
}
