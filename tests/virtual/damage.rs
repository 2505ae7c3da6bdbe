//! A status that somebody else wrote into is right again after the next poll, and written once for it (contract §2).
//!
//! That holds for all that SAE and the spec say. What only the status remembers (since when, what was emitted, which
//! versions ran before) is gone when somebody takes it away.

use saewatch::api::Health;
use saewatch::sae::Class;
use serde_json::{Value, json};

use crate::sae::{Application, error, healthy, instance};
use crate::world::{World, without_heartbeat};

/// Three ways an application can be.
fn applications() -> [Application; 3] {
    let unwell = [instance("i-0", "CrashLoopBackOff"), healthy("i-1"), healthy("i-2")];
    [Application::healthy(3), Application::of(unwell), Application::of([])]
}

/// Damages a status, and asserts that the next poll puts it right, byte for byte, with few writes and then none.
async fn assert_put_right(damage: &Value) {
    for application in applications() {
        let mut world = World::new();
        world.sae.run("app-1", application.clone());
        world.declare("shop", "app-1");
        world.start();
        world.minutes(10).await;
        let before = without_heartbeat(world.cluster.get("shop"));
        let (emitted, writes) = (world.emitted("shop"), world.writes("shop").len());
        world.cluster.damage("shop", damage);
        assert_ne!(without_heartbeat(world.cluster.get("shop")), before, "{damage} damages something");
        world.seconds(62).await;
        let after = without_heartbeat(world.cluster.get("shop"));
        assert_eq!(after["status"], before["status"], "after {damage} to {application:#?}");
        let mending = world.writes("shop").split_off(writes);
        assert!(mending.len() <= 2, "{damage}: {mending:#?}");
        assert_eq!(world.emitted("shop"), emitted, "{damage}");

        let writes = world.writes("shop").len();
        world.minutes(30).await;
        let writes = world.writes("shop").len() - writes;
        assert!(writes <= 6, "{damage}: {writes} writes in half an hour of nothing but heartbeats");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_field_is_put_right() {
    for damage in [
        json!({"readyInstances": "99/99"}),
        json!({"reason": "Evil"}),
        json!({"message": "Evil"}),
        json!({"region": "cn-nowhere"}),
        json!({"groupCount": 7}),
        json!({"revision": "0"}),
        json!({"counts": {"total": 99, "ready": 99}}),
        json!({"observedGeneration": 0}),
    ] {
        assert_put_right(&damage).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_not_there_is_taken_away() {
    for damage in [
        json!({"effectiveInterval": "5m"}),
        json!({"memory": {"streak": {"health": "Unhealthy", "polls": 1}}}),
        json!({"instancesOmitted": 3}),
        json!({"groups": [
            {"id": "g-1", "name": "group g-1", "desired": 3, "total": 3, "ready": 3, "image": "evil:1"},
            {"id": "g-9", "total": 9, "ready": 9},
        ]}),
    ] {
        assert_put_right(&damage).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_was_taken_away_comes_back() {
    for field in [
        "readyInstances",
        "reason",
        "message",
        "region",
        "groupCount",
        "counts",
        "groups",
        "revision",
        "observedGeneration",
    ] {
        assert_put_right(&json!({field: null})).await;
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_conditions_are_put_right() {
    let condition = |of: &str, status: &str| {
        json!({
            "type": of, "status": status, "reason": "Evil", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    for damage in [
        json!([condition("Ready", "Unknown")]),
        json!([condition("Stalled", "True"), condition("Ready", "True"), condition("AppHealthy", "False")]),
        json!([condition("Painted", "True")]),
        json!([condition("Reconciling", "True")]),
    ] {
        assert_conditions_put_right(&damage).await;
    }
}

/// As [`assert_put_right`], but for what cannot be known again: since when a condition holds that was taken away.
async fn assert_conditions_put_right(damage: &Value) {
    let said = |world: &World| {
        let mut conditions = world.cluster.get("shop")["status"]["conditions"].take();
        for condition in conditions.as_array_mut().unwrap() {
            condition.as_object_mut().unwrap().remove("lastTransitionTime");
        }
        conditions
    };
    let mut world = World::observed().await;
    let (before, emitted) = (said(&world), world.emitted("shop"));
    world.cluster.damage("shop", &json!({"conditions": damage}));
    world.seconds(62).await;
    assert_eq!(said(&world), before, "after {damage}");
    assert_eq!(world.emitted("shop"), emitted, "{damage}");
    let writes = world.writes("shop").len();
    world.minutes(30).await;
    assert!(world.writes("shop").len() - writes <= 6, "{damage}");
}

#[tokio::test(start_paused = true)]
async fn a_damaged_list_is_put_right() {
    for damage in [
        json!(null),
        json!([]),
        json!([{"id": "i-0", "state": "Ready", "reason": "Healthy", "since": "2020-01-01T00:00:00Z"}]),
    ] {
        let mut world = World::observed().await;
        let before = world.status("shop").instances;
        let writes = world.writes("shop").len();
        world.cluster.damage("shop", &json!({"instances": damage}));
        world.seconds(62).await;
        let after = world.status("shop").instances;
        let without_since = |list: &[saewatch::api::InstanceStatus]| {
            let mut list = serde_json::to_value(list).unwrap();
            list.as_array_mut().unwrap().iter_mut().for_each(|one| one["since"] = Value::Null);
            list
        };
        assert_eq!(without_since(&after), without_since(&before), "{damage}");
        assert_eq!(world.writes("shop").len() - writes, 1, "{damage}: the list, and the rest with it");
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_was_wiped_out_is_written_anew_by_the_next_poll() {
    let mut world = World::observed().await;
    world.cluster.damage("shop", &json!(null));
    world.seconds(62).await;
    let status = world.status("shop");
    assert_eq!((status.health, status.observed_generation), (Some(Health::Healthy), 1));
    assert_eq!((status.instances.len(), status.conditions.len()), (3, 2));
    assert_eq!(world.emitted("shop"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_damaged_health_is_put_right_though_worse_is_damped() {
    let mut world = World::observed().await;
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(3).await;
    let emitted = world.emitted("shop");
    world.cluster.damage("shop", &json!({"health": "Healthy"}));
    world.seconds(62).await;
    assert_eq!(world.status("shop").health, Some(Health::Degraded));
    assert_eq!(world.status("shop").memory.streak, None);
    assert_eq!(world.emitted("shop"), emitted);
}

#[tokio::test(start_paused = true)]
async fn a_field_edited_inside_something_goes_with_it() {
    // What is left of a thing when only a part is taken away would be refused as half of one.
    let mut world = World::observed().await;
    world.cluster.edit_spec("shop", &json!({"health": {"unhealthyThreshold": 10}}));
    world.sae.change("app-1", |app| app.instances[0] = instance("i-0", "Error"));
    while world.status("shop").memory.streak.is_none() {
        world.seconds(1).await;
    }
    world.cluster.damage("shop", &json!({"memory": {"streak": {"polls": 2}}}));
    world.sae.run("app-1", Application::healthy(3));
    world.minutes(2).await;
    assert_eq!(world.status("shop").memory.streak, None);

    world.sae.fail(error(Class::Transient(None), "ServiceUnavailable"));
    while world.condition("shop", "Reconciling").is_none() {
        world.seconds(1).await;
    }
    let mut conditions = world.cluster.get("shop")["status"]["conditions"].take();
    conditions.as_array_mut().unwrap().iter_mut().for_each(|condition| condition["message"] = json!("Evil"));
    world.cluster.damage("shop", &json!({"conditions": conditions}));
    world.sae.mend();
    world.minutes(2).await;
    assert_eq!(
        (world.says("shop", "Ready"), world.says("shop", "Reconciling")),
        ("True Observed".into(), "absent".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_somebody_filled_up_has_room_for_ours() {
    let mut world = World::observed().await;
    let mut conditions = world.cluster.get("shop")["status"]["conditions"].take();
    for number in 0..6 {
        let mut other = conditions[0].clone();
        other["type"] = json!(format!("Painted{number}"));
        conditions.as_array_mut().unwrap().push(other);
    }
    world.cluster.damage("shop", &json!({"conditions": conditions}));
    world.sae.delete("app-1");
    world.minutes(2).await;
    assert_eq!(world.says("shop", "Stalled"), "True AppNotFound");
    assert_eq!(world.status("shop").conditions.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_watch_has_no_next_poll_and_is_put_right_by_the_first_one_after_it() {
    let mut world = World::observed().await;
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.minutes(1).await;
    let (shown, writes) = (world.status("shop"), world.writes("shop").len());
    world.cluster.damage("shop", &json!({"health": "Unhealthy", "readyInstances": "99/99", "instances": []}));
    world.minutes(30).await;
    assert_eq!(world.writes("shop").len(), writes, "nobody knows better");
    world.cluster.edit_spec("shop", &json!({"suspend": false}));
    world.minutes(1).await;
    let status = world.status("shop");
    assert_eq!((status.health, &status.ready_instances), (Some(Health::Healthy), &shown.ready_instances));
    assert_eq!(status.instances.len(), shown.instances.len());
    assert_eq!(world.emitted("shop"), [""; 0]);
}
