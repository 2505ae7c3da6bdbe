//! What the scheduler makes of 30 calls a minute, beside a naive round robin (`make bench`).
//!
//! Every row is the real scheduler on a paused clock in a world of [`world`]; hours take seconds, and the same seed
//! gives the same numbers. `SEED=n` plays another world.

#[path = "../../tests/world/mod.rs"]
mod world;

mod deaths;
mod decision;
mod naive;
mod pace;
mod restart;
mod table;
mod throttle;

use table::Row;

/// The seed of the numbers in the README.
const SEED: u64 = 20_260_101;

fn main() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    println!("The quota: {} calls a minute unless said otherwise, seed {seed}\n", deaths::CALLS_PER_MINUTE);
    table::print_head();
    let mut rows: Vec<Row> = Vec::new();
    let scenarios: [fn(u64) -> Vec<Row>; 6] = [
        deaths::counted,
        deaths::uncounted,
        pace::of_fifty,
        throttle::for_ten_minutes,
        restart::in_mid_flight,
        decision::cost,
    ];
    for scenario in scenarios {
        for row in scenario(seed) {
            row.print();
            rows.push(row);
        }
    }
    if rows.iter().any(|row| !row.holds) {
        std::process::exit(1);
    }
}
