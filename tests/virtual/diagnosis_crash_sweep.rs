//! The operator is killed after each call of a walk with diagnoses, one at a time, and started anew.

use serde_json::Value;

use crate::crashes::assert_no_crash_changes;
use crate::walk::without_times;
use crate::world::{World, on_a_paused_clock};

/// How many instances fail, and for how many minutes. SAE is asked again about what became worse ten minutes after it was
/// asked before, so that takes longer.
const STEPS: [(usize, u64); 4] = [(0, 2), (1, 4), (3, 16), (0, 4)];

/// What is seen after a step: the status, each time in it replaced by a word, and the reasons of
/// all events so far.
#[derive(Debug, PartialEq)]
struct Scene {
    failing: usize,
    status: Value,
    emitted: Vec<String>,
}

fn beginning() -> World {
    let mut world = World::new();
    world.diagnoses = true;
    world.run_deployed("app-1");
    world.declare("shop", "app-1");
    world
}

/// Walks, and says what was seen, and how often SAE was asked.
async fn walk(world: &mut World) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for (failing, minutes) in STEPS {
        world.break_down(failing);
        world.minutes(minutes).await;
        let status = without_times(world.cluster.get("shop")["status"].take());
        scenes.push(Scene { failing, status, emitted: world.emitted("shop") });
    }
    // What was asked and not stored is asked again by the next process, which knows of nothing but what is stored.
    let asked = world.asked("app-1");
    assert!((2..=3).contains(&asked.len()), "{asked:?}");
    let too_soon = asked.windows(2).filter(|pair| pair[1].duration_since(pair[0]).as_secs() < 599);
    assert!(too_soon.count() <= asked.len() - 2, "{asked:?}");
    scenes
}

#[test]
fn a_crash_after_any_call_changes_no_status_and_no_diagnosis_and_doubles_no_event() {
    let (undisturbed, calls) = on_a_paused_clock(async {
        let mut world = beginning();
        world.start();
        let scenes = walk(&mut world).await;
        world.assert_asked_rarely("app-1");
        assert_eq!(world.asked("app-1").len(), 2);
        assert_eq!(world.diagnosis_writes("shop").len(), 2);
        assert_eq!(world.count_emitted("shop", "DiagnosisReady"), 1);
        (scenes, world.calls())
    });
    assert!(calls > 60, "{calls} calls are no walk");
    assert_no_crash_changes(beginning, walk, &undisturbed, calls);
}
