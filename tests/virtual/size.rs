//! Large applications: the status stays small, and exact where it is cut.

use saewatch::api::Health;
use saewatch::domain::ObservedInstance;

use crate::sae::{Application, healthy, instance};
use crate::world::World;

/// An instance that says as much as it may.
fn talkative(number: usize) -> ObservedInstance {
    let long = |what: &str| Some(format!("{what} {}", "空".repeat(300)).into());
    ObservedInstance {
        ip: long("ip"),
        eip: long("eip"),
        v_switch_id: long("switch"),
        message: long("message"),
        tags: (0..30)
            .map(|tag| (format!("tag-{tag} {}", "空".repeat(90)).into(), "空".repeat(90).into()))
            .collect(),
        ..healthy(&format!("i-{number:04}"))
    }
}

#[tokio::test(start_paused = true)]
async fn two_thousand_instances_make_a_status_that_is_exact_and_fits() {
    let mut world = World::new();
    let mut application = Application::of((0..1_999).map(talkative));
    application.instances.push(instance("z-last", "CrashLoopBackOff"));
    application.scale(2_000);
    world.sae.run("app-1", application);
    world.declare("shop", "app-1");
    world.start();
    world.minutes(3).await;
    let status = world.status("shop");
    let counts = status.counts.unwrap();
    assert_eq!((counts.total, counts.ready, counts.failing), (2_000, 1_999, 1));
    assert_eq!(status.health, Some(Health::Degraded));
    assert_eq!(status.instances[0].id, "z-last", "worst first");
    assert_eq!(status.instances.len() + usize::try_from(status.instances_omitted.unwrap()).unwrap(), 2_000);
    let largest = world.writes("shop").iter().map(|write| write.bytes).max().unwrap();
    assert!((128 << 10..264 << 10).contains(&largest), "{largest} bytes");
}
