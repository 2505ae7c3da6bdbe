//! Everything is dropped after each call of a walk, one at a time, and started anew from the stored objects.

use crate::walk::{beginning, walk};

#[tokio::test(start_paused = true)]
async fn a_crash_after_any_call_changes_no_status_and_loses_and_doubles_no_event() {
    let mut world = beginning();
    world.start();
    let undisturbed = walk(&mut world).await;
    let calls = world.calls();
    assert!(calls > 200, "{calls} calls are no walk");
    for last in 1..=calls {
        let mut world = beginning();
        world.start_until_call(last);
        let scenes = walk(&mut world).await;
        for (scene, expected) in scenes.iter().zip(&undisturbed) {
            assert_eq!(scene, expected, "after a crash behind call {last} of {calls}");
        }
    }
}
