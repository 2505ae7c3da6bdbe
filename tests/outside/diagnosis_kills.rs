//! The process is killed while it finds out why an application is unwell. The next one stores the diagnosis, sends no
//! second event, and asks SAE no more than it has to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::diagnosis::{ASKED, curious, emitted, fail_deploy, spec, until_diagnosed, until_known};
use crate::gate::{Gate, Passage};
use crate::support::{Operator, World, eventually};
use sae_simulator::{Application, Fault, Operation};

const APP: &str = "demo-shop";
/// Longer than an operator waits after its start before it asks.
const WARM: Duration = Duration::from_secs(15);

async fn shop() -> World {
    let world = World::new().await;
    world.sae.put_application(Application::new(APP).group("g-1", 4).running(4));
    world.declare("shop", &spec(APP)).await;
    world
}

async fn turn_bad(world: &World) {
    until_known(world, "shop").await;
    world.sae.update(APP, fail_deploy);
    world.request_poll("shop").await;
}

/// How often each of the operations was asked.
fn asked(world: &World) -> [usize; 3] {
    ASKED.map(|operation| world.sae.calls_of(operation).len())
}

#[tokio::test]
async fn a_kill_between_the_event_and_the_write_doubles_no_event_and_a_restart_asks_nothing() {
    let kept = Arc::new(AtomicUsize::new(0));
    let count = kept.clone();
    let gate = Gate::open(move |_, write| {
        if !write.ends_with("fieldManager=saewatch-diagnosis") {
            return Passage::Pass;
        }
        count.fetch_add(1, Ordering::Relaxed);
        Passage::Keep
    })
    .await;
    let world = shop().await;
    let mut command = world.command();
    command.env("KUBECONFIG", gate.kubeconfig()).arg("--diagnose");
    let operator = Operator::start(command);
    turn_bad(&world).await;
    eventually("the write", async || (kept.load(Ordering::Relaxed) > 0).then_some(())).await;
    drop(operator);
    assert_eq!((emitted(&world).await.len(), asked(&world)), (1, [1; 3]));
    assert!(world.watch("shop").await["status"]["diagnosis"].is_null());

    // What was not stored is asked for again.
    let operator = curious(&world);
    let diagnosis = until_diagnosed(&world, "shop").await;
    assert_eq!((emitted(&world).await.len(), asked(&world)), (1, [2; 3]));
    drop(operator);

    let _operator = curious(&world);
    world.sae.update(APP, |app| (0..3).for_each(|number| app.instance(number).crash()));
    world.request_poll("shop").await;
    let worse = world.until_health("shop", "Unhealthy").await;
    tokio::time::sleep(WARM).await;
    assert_eq!(worse["status"]["diagnosis"], diagnosis, "the status of a new step leaves it alone");
    assert_eq!(world.watch("shop").await["status"]["diagnosis"], diagnosis);
    assert_eq!((emitted(&world).await.len(), asked(&world)), (1, [2; 3]), "ten minutes are not over");
}

#[tokio::test]
async fn a_kill_amid_the_question_leads_to_one_diagnosis_and_one_event() {
    let world = shop().await;
    world.sae.inject(Fault::hang().on(Operation::DescribeChangeOrder));
    let operator = curious(&world);
    turn_bad(&world).await;
    eventually("the question", async || (asked(&world)[1] > 0).then_some(())).await;
    drop(operator);
    assert_eq!(asked(&world), [1, 1, 0]);

    let operator = curious(&world);
    let diagnosis = until_diagnosed(&world, "shop").await;
    assert!(diagnosis["incomplete"].is_null() && diagnosis["change"]["message"].is_string(), "{diagnosis:#}");
    assert_eq!((emitted(&world).await.len(), asked(&world)), (1, [2, 2, 1]));
    drop(operator);

    let _operator = curious(&world);
    world.request_poll("shop").await;
    tokio::time::sleep(WARM).await;
    assert_eq!(until_diagnosed(&world, "shop").await, diagnosis);
    assert_eq!((emitted(&world).await.len(), asked(&world)), (1, [2, 2, 1]));
}
