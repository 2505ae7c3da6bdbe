//! The quota's laws, in random worlds.

mod world;

use std::sync::Arc;

use jiff::Timestamp;
use saewatch::poll::Clock;
use world::app::{App, Apps};
use world::operator::{Operator, Watch};
use world::sae::Sae;
use world::{mins, on_a_paused_clock};

#[test]
fn trial() {
    on_a_paused_clock(async {
        let sae = Arc::new(Sae::new(Apps::new(vec![App::well(4); 50], vec![])));
        let mut operator = Operator::start(sae.clone(), 30, Clock::steady(Timestamp::UNIX_EPOCH));
        operator.watch_all((0..50).map(Watch::new));
        for hour in 1..5 {
            operator.work_until(mins(60 * hour)).await;
            println!("{hour}: {} calls, {} looks", sae.calls().len(), operator.looks.len());
            let pace = operator.paces.values().next().unwrap();
            println!("{pace:?}");
        }
    });
}
