//! One walk through what can happen to an application and its watch.

use jiff::Timestamp;
use saewatch::domain::ObservedInstance;
use saewatch::sae::Class;
use serde_json::{Value, json};

use crate::sae::{Application, error, healthy, instance, unready};
use crate::world::World;

/// One step: what happens, and how long it is looked at.
struct Step {
    name: &'static str,
    act: fn(&World),
    minutes: u64,
}

/// What the world shows after a step.
#[derive(Debug, PartialEq)]
pub struct Scene {
    pub step: &'static str,
    /// The stored status, each time in it replaced by a word.
    pub status: Value,
    /// The reasons of all events so far.
    pub emitted: Vec<String>,
}

/// A world before the walk.
pub fn beginning() -> World {
    let world = World::new();
    world.sae.run("app-1", Application::healthy(3));
    world.declare("shop", "app-1");
    world
}

/// Walks, and says what was seen.
pub async fn walk(world: &mut World) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for Step { name, act, minutes } in STEPS {
        act(world);
        world.minutes(minutes).await;
        let status = without_times(world.cluster.get("shop")["status"].take());
        scenes.push(Scene { step: name, status, emitted: world.emitted("shop") });
    }
    assert_names_follow_time(&world.cluster.events());
    scenes
}

/// `kubectl describe` lists events by name, and a person takes that for their order.
fn assert_names_follow_time(events: &[Value]) {
    let names: Vec<&str> = events.iter().filter_map(|event| event["metadata"]["name"].as_str()).collect();
    let reasons: Vec<&str> = events.iter().filter_map(|event| event["reason"].as_str()).collect();
    assert!(names.is_sorted(), "{names:?} {reasons:?}");
}

/// A value, each point in time in it replaced by a word.
pub fn without_times(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.split(' ').map(without_time).collect::<Vec<_>>().join(" ")),
        Value::Object(object) => {
            object.into_iter().map(|(name, value)| (name, without_times(value))).collect()
        }
        Value::Array(list) => list.into_iter().map(without_times).collect(),
        other => other,
    }
}

fn without_time(word: &str) -> &str {
    if word.trim_end_matches(':').parse::<Timestamp>().is_ok() { "some-time" } else { word }
}

fn new(id: &str) -> ObservedInstance {
    ObservedInstance { image: Some("shop:2".into()), ..healthy(id) }
}

fn be(world: &World, instances: &[ObservedInstance]) {
    world.sae.change("app-1", |app| app.instances = instances.to_vec());
}

const STEPS: [Step; 21] = [
    Step { name: "all is well", act: |_| {}, minutes: 3 },
    Step {
        name: "a new version starts",
        act: |world| {
            let surge = ObservedInstance { container: Some("ContainerCreating".into()), ..new("n-0") };
            world.sae.change("app-1", |app| app.instances.push(surge));
        },
        minutes: 3,
    },
    Step {
        name: "the new version has replaced the old one",
        act: |world| be(world, &[new("n-0"), new("n-1"), new("n-2")]),
        minutes: 3,
    },
    Step {
        name: "an instance crashes again and again",
        act: |world| {
            let crashing = ObservedInstance {
                container: Some("CrashLoopBackOff".into()),
                health: None,
                restarts: Some(4),
                ..new("n-0")
            };
            be(world, &[crashing, new("n-1"), new("n-2")]);
        },
        minutes: 3,
    },
    Step {
        name: "it runs again",
        act: |world| {
            be(world, &[ObservedInstance { restarts: Some(5), ..new("n-0") }, new("n-1"), new("n-2")]);
        },
        minutes: 3,
    },
    Step {
        name: "an image cannot be pulled",
        act: |world| {
            let waiting =
                ObservedInstance { image: Some("shop:2".into()), ..instance("n-3", "ImagePullBackOff") };
            world.sae.change("app-1", |app| app.instances[1] = waiting);
        },
        minutes: 3,
    },
    Step {
        name: "it can again",
        act: |world| world.sae.change("app-1", |app| app.instances[1] = new("n-3")),
        minutes: 3,
    },
    Step {
        name: "no instance is ready",
        act: |world| {
            let unready = |id| {
                let message = "HTTP probe failed with statuscode: 503";
                ObservedInstance { image: Some("shop:2".into()), ..unready(id, message) }
            };
            be(world, &[unready("n-0"), unready("n-2"), unready("n-3")]);
        },
        minutes: 3,
    },
    Step { name: "all are ready", act: |world| be(world, &[new("n-0"), new("n-2"), new("n-3")]), minutes: 3 },
    Step {
        name: "scaled to zero",
        act: |world| {
            be(world, &[]);
            world.sae.change("app-1", |app| app.scale(0));
        },
        minutes: 3,
    },
    Step {
        name: "scaled up",
        act: |world| {
            let creating =
                |id| ObservedInstance { image: Some("shop:2".into()), ..instance(id, "ContainerCreating") };
            be(world, &[creating("n-8"), creating("n-9")]);
            world.sae.change("app-1", |app| app.scale(2));
        },
        minutes: 3,
    },
    Step { name: "and there they are", act: |world| be(world, &[new("n-8"), new("n-9")]), minutes: 3 },
    Step { name: "throttled", act: |world| world.sae.limit(0), minutes: 2 },
    Step { name: "not throttled any more", act: |world| world.sae.mend(), minutes: 3 },
    Step { name: "denied", act: |world| world.sae.fail(error(Class::Denied, "NoPermission")), minutes: 12 },
    Step { name: "allowed again", act: |world| world.sae.mend(), minutes: 12 },
    Step { name: "deleted in SAE", act: |world| world.sae.delete("app-1"), minutes: 12 },
    Step { name: "deployed anew", act: |world| world.sae.run("app-1", Application::healthy(3)), minutes: 12 },
    Step {
        name: "SAE is down",
        act: |world| world.sae.fail(error(Class::Transient(None), "ServiceUnavailable")),
        minutes: 12,
    },
    Step { name: "SAE is back", act: |world| world.sae.mend(), minutes: 3 },
    Step {
        name: "a refresh is asked for, and less is demanded",
        act: |world| {
            world.cluster.request_poll("shop", "token-1");
            world.cluster.edit_spec("shop", &json!({"health": {"minHealthyPercent": 60}}));
        },
        minutes: 3,
    },
];
