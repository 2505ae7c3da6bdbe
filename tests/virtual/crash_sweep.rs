//! Everything is dropped after each call of a walk, one at a time, and started anew from the stored objects.

use crate::crashes::assert_no_crash_changes;
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
    assert_no_crash_changes(beginning, walk, &undisturbed, calls);
}
