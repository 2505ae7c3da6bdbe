//! An API server that refuses every third write, in turns without an effect and after it: the walk shows what it
//! always shows, and every event was told once.

use crate::gate::{Gate, Passage};
use crate::kills::in_order;
use crate::support::Operator;
use crate::walk::{BEFORE, STEPS, Step, Walk};

fn refuse_every_third(number: usize, _: &str) -> Passage {
    match number % 6 {
        0 => Passage::RefuseAfterEffect,
        3 => Passage::RefuseWithoutEffect,
        _ => Passage::Pass,
    }
}

#[tokio::test]
async fn an_api_server_that_refuses_every_third_write_changes_nothing_and_loses_and_doubles_no_event() {
    let gate = Gate::open(refuse_every_third).await;
    let mut walk = Walk::begin().await;
    let mut command = walk.world.command();
    command.env("KUBECONFIG", gate.kubeconfig());
    let _operator = Operator::start(command);
    walk.until_observed().await;
    for title in BEFORE {
        walk.see(title).await;
    }
    for Step { title, happen } in STEPS {
        happen(&mut walk);
        walk.ask().await;
        walk.settle().await;
        let (picture, golden) = walk.see(title).await;
        let golden = std::fs::read_to_string(golden).unwrap();
        assert_eq!(in_order(&golden), in_order(&picture), "{title}");
    }
    let writes = gate.writes().len();
    assert!(writes > 40, "{writes} writes are no walk");
}
