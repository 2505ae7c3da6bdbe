//! A walk after a crash behind each of its calls.

use std::fmt::Debug;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::world::{World, on_a_paused_clock};

/// Walks once for each call, with an operator that is killed right after it, and compares each scene with the one of a
/// walk without a crash.
pub fn assert_no_crash_changes<S: PartialEq + Debug + Sync>(
    beginning: fn() -> World,
    walk: impl AsyncFn(&mut World) -> Vec<S> + Sync,
    undisturbed: &[S],
    calls: u32,
) {
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
            for (scene, expected) in scenes.iter().zip(undisturbed) {
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
