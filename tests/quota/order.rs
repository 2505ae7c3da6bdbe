use crate::plan::Plan;
use crate::world::app::App;
use crate::world::{mins, secs};
#[test]
fn trace() {
    let w = App::well(1);
    let plan = Plan { apps: vec![w, w, App { groups: 2, wanted: 90, down: 0, unready: 0 }, w, w], interval: secs(15), calls_per_minute: 41, latency: std::time::Duration::from_millis(10), script: vec![], faults: vec![], restarts: vec![], long: mins(1) };
    for call in plan.play().calls { println!("{:?} {:?} {:?} {}", call.at, call.operation, call.app, call.is_first); }
}
