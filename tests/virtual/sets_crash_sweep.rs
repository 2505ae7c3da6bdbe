//! Everything is dropped after each call of a walk through the life of a set, one at a time, and started anew.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::crashes::assert_no_crash_changes;
use crate::sets::{declared, named, ready};
use crate::world::{World, on_a_paused_clock};

/// What is there after each step.
type Scene = (String, BTreeMap<String, Value>);

/// A world with two applications and a set, whose watches are not polled: every call is the set's.
fn beginning() -> World {
    let mut world = World::new();
    world.follows_sets = true;
    for name in ["shop", "till"] {
        world.sae.run(&format!("app-{name}"), named(name));
    }
    world.cluster.declare_set("all", &json!({"template": {"spec": {"suspend": true, "interval": "1h"}}}));
    world
}

async fn walk(world: &mut World) -> Vec<Scene> {
    let mut scenes = Vec::new();
    world.minutes(4).await;
    scenes.push(scene(world));
    world.sae.run("app-new", named("new"));
    world.minutes(15).await;
    scenes.push(scene(world));
    world.cluster.edit_set("all", &json!({"template": {"spec": {"interval": "2h"}}}));
    world.minutes(2).await;
    scenes.push(scene(world));
    world.sae.delete("app-shop");
    world.minutes(70).await;
    scenes.push(scene(world));
    scenes
}

fn scene(world: &World) -> Scene {
    let set = world.cluster.set("all");
    let mut watches = declared(world);
    for watch in watches.values_mut() {
        watch["metadata"]["creationTimestamp"].take();
        watch["metadata"]["uid"].take();
    }
    (format!("{} {}", ready(world), set["status"]["orphans"]), watches)
}

#[test]
fn a_crash_after_any_call_ends_in_the_same_objects() {
    let (undisturbed, calls) = on_a_paused_clock(async {
        let mut world = beginning();
        world.start();
        (walk(&mut world).await, world.calls())
    });
    assert!(calls > 30, "{calls} calls are no walk");
    assert_eq!(undisturbed.last().unwrap().1.len(), 3, "{undisturbed:#?}");
    assert_no_crash_changes(beginning, walk, &undisturbed, calls);
}
