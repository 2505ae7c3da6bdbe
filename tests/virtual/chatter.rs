//! An application that never rests: its watch tells of it with measure (contract §7).

use crate::sae::healthy;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn restarts_without_end_are_told_25_times_and_then_every_5_minutes_and_keep_nothing_else_from_being_told()
 {
    let mut world = World::observed().await;
    for minute in 1..=120 {
        world.sae.change("app-1", |app| app.instances[0].restarts = Some(minute));
        world.minutes(1).await;
    }
    let emitted = world.emitted("shop");
    assert!(emitted.iter().all(|reason| reason == "InstancesRestarted"), "{emitted:?}");
    let emitted = u32::try_from(emitted.len()).unwrap();
    assert!((48..=49).contains(&emitted), "{emitted} in two hours");
    for (outcome, events) in [("success", emitted), ("skipped", 120 - emitted)] {
        let series = format!("saewatch_events_total{{reason=\"InstancesRestarted\",outcome=\"{outcome}\"}}");
        assert_eq!(world.metric(&series), Some(f64::from(events)), "{outcome}");
    }

    world.sae.change("app-1", |app| {
        app.instances[0].restarts = Some(121);
        app.instances.push(healthy("i-9"));
        app.scale(4);
    });
    world.minutes(1).await;
    assert_eq!(world.emitted("shop").last().map(String::as_str), Some("InstancesScaled"));
}
