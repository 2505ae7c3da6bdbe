//! Everything is dropped after each call of a walk through the life of a set, one at a time, and started anew.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sets::{declared, named, ready, with_set};
use crate::world::{World, on_a_paused_clock};

/// What is there after each step.
type Scene = (String, BTreeMap<String, Value>);

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
    world.sae.delete("app-0");
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
        let mut world = with_set(2);
        world.start();
        (walk(&mut world).await, world.calls())
    });
    assert!(calls > 30, "{calls} calls are no walk");
    assert_eq!(undisturbed.last().unwrap().1.len(), 3, "{undisturbed:#?}");
    for last in 1..=calls {
        let scenes = on_a_paused_clock(async {
            let mut world = with_set(2);
            world.start_until_call(last);
            walk(&mut world).await
        });
        for (scene, expected) in scenes.iter().zip(&undisturbed) {
            assert_eq!(scene, expected, "after a crash behind call {last} of {calls}");
        }
    }
}
