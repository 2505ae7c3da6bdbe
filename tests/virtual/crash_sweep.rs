//! Everything is dropped after each call of a walk, one at a time, and started anew from the stored objects.

use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::walk::{beginning, walk};
use crate::world::on_a_paused_clock;

#[test]
fn a_crash_after_any_call_changes_no_status_and_loses_and_doubles_no_event() {
    let (undisturbed, calls) = on_a_paused_clock(async {
        let mut world = beginning();
        world.start();
        (walk(&mut world).await, world.calls())
    });
    assert!(calls > 150, "{calls} calls are no walk");

    let next = AtomicU32::new(1);
    let sweep = || {
        while let last @ 1.. = next.fetch_add(1, Ordering::Relaxed)
            && last <= calls
        {
            let scenes = on_a_paused_clock(async {
                let mut world = beginning();
                world.start_until_call(last);
                walk(&mut world).await
            });
            for (scene, expected) in scenes.iter().zip(&undisturbed) {
                assert_eq!(scene, expected, "after a crash behind call {last} of {calls}");
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(sweep);
        }
    });
}
