//! One watch in trouble is no trouble of the others.

use saewatch::api::Health;
use saewatch::sae::Class;
use serde_json::json;

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, error, instance};
use crate::world::World;

/// A world with the watches `a`, `b` and `c` on applications of the same names.
fn three() -> World {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.sae.run(name, Application::healthy(2));
        world.declare(name, name);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_watch_stops_neither_the_others_nor_its_own_later_looks() {
    let mut world = three();
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Panic).on("b"));
    world.start();
    world.minutes(3).await;
    for name in ["a", "c"] {
        assert_eq!(world.status(name).health, Some(Health::Healthy), "{name}");
    }
    world.cluster.mend();
    world.sae.change("a", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(3).await;
    assert_eq!(world.status("a").health, Some(Health::Degraded));
    assert_eq!(world.status("b").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_says_why_once_until_it_can() {
    let mut world = three();
    world.cluster.create("broken", &json!({"appId": "a", "health": {"minHealthyPercent": "all"}}));
    world.start();
    world.minutes(30).await;
    for name in ["a", "b", "c"] {
        assert_eq!(world.status(name).health, Some(Health::Healthy), "{name}");
    }
    assert_eq!(world.says("broken", "Ready"), "False InvalidSpec");
    let stalled = world.condition("broken", "Stalled").unwrap();
    assert!(stalled.message.contains("health.minHealthyPercent"), "{}", stalled.message);
    assert_eq!(
        (world.writes("broken").len(), world.emitted("broken").as_slice()),
        (1, &["InvalidSpec".into()][..])
    );
    world.kill();
    world.start();
    world.minutes(1).await;
    assert_eq!((world.writes("broken").len(), world.emitted("broken").len()), (1, 1), "also after a restart");

    world.sae.fail_for("a", error(Class::Throttled(None), "Throttling.User"));
    world.cluster.edit_spec("broken", &json!({"health": null}));
    world.seconds(1).await;
    assert_eq!(world.says("broken", "Ready"), "Unknown AwaitingFirstAnswer", "over at once");
    assert_eq!(world.says("broken", "Stalled"), "absent");
    world.sae.mend();
    world.minutes(3).await;
    assert_eq!(world.status("broken").health, Some(Health::Healthy));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_and_takes_no_status_is_not_written_again_and_again() {
    let mut world = three();
    world.cluster.create("broken", &json!({"appId": 3}));
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(422)).on("broken"));
    world.start();
    world.minutes(60).await;
    assert_eq!(world.writes("broken").len(), 1);
    assert_eq!(world.metric("saewatch_invalid_watches"), Some(1.0));
}

/// A CRD that was installed before the names has no rule that asks for one of them.
#[tokio::test(start_paused = true)]
async fn an_object_that_names_no_application_or_two_is_one_that_cannot_be_read() {
    let mut world = three();
    world.cluster.create("none", &json!({"regionId": "cn-hangzhou"}));
    world.cluster.create("two", &json!({"appId": "a", "appName": "shop"}));
    world.start();
    world.minutes(3).await;
    for name in ["none", "two"] {
        assert_eq!(world.says(name, "Ready"), "False InvalidSpec");
        let stalled = world.condition(name, "Stalled").unwrap();
        assert!(stalled.message.ends_with("exactly one of appId and appName must be given"), "{stalled:?}");
    }
    assert_eq!((world.status("none").app, world.status("two").app.as_deref()), (None, Some("shop")));
    assert_eq!(world.status("b").health, Some(Health::Healthy));
    world.cluster.edit_spec("none", &json!({"appId": "a"}));
    world.minutes(1).await;
    assert_eq!(world.says("none", "Ready"), "True Observed");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_becomes_unreadable_is_polled_no_more() {
    let mut world = three();
    world.start();
    world.minutes(3).await;
    world.cluster.edit_spec("b", &json!({"interval": "soon"}));
    world.seconds(2).await;
    let polls = world.sae.polls("b");
    world.minutes(10).await;
    assert_eq!(world.sae.polls("b"), polls);
    assert!(world.sae.polls("a") > 10);
    assert_eq!(world.says("b", "Stalled"), "True InvalidSpec");
    assert_eq!(world.status("b").health, Some(Health::Unknown), "what it showed is stale by now");
    world.cluster.edit_spec("b", &json!({"interval": "1m"}));
    world.minutes(1).await;
    assert_eq!(world.says("b", "Ready"), "True Observed");
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_unknown_to_sae_stalls_its_own_watch_alone() {
    let mut world = three();
    world.sae.fail_for("b", error(Class::NotFound, "InvalidAppId.NotFound"));
    world.start();
    world.minutes(3).await;
    assert_eq!(world.says("b", "Stalled"), "True AppNotFound");
    for name in ["a", "c"] {
        assert_eq!(world.says(name, "Ready"), "True Observed", "{name}");
    }
}
