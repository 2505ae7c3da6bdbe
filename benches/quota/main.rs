//! What the scheduler makes of 30 calls a minute, beside a naive round robin (`make bench`, part A).
//!
//! Every row is the real scheduler on a paused clock in a world of [`world`]; hours take seconds, and the same seed
//! gives the same numbers. `SEED=n` plays another world, and arguments pick scenarios by name:
//! `cargo bench --bench quota -- deaths`.

#[path = "../../tests/world/mod.rs"]
mod world;

mod changes;
mod deaths;
mod decision;
mod naive;
mod pace;
mod probes;
mod report;
mod restart;
mod throttle;

use std::process::ExitCode;

use report::Report;

/// Plays the world of a seed and reports what it measured.
type Scenario = fn(u64, &mut Report);

/// The seed of the numbers in docs/quota.md.
const SEED: u64 = 20_260_101;

fn main() -> std::io::Result<ExitCode> {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let picked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let scenarios: [(&str, Scenario); 9] = [
        ("deaths", deaths::counted),
        ("probes", probes::listed),
        ("useless", probes::unlisted),
        ("regions", probes::in_regions),
        ("unwell", deaths::of_the_unwell),
        ("pace", pace::of_fifty),
        ("throttle", throttle::for_ten_minutes),
        ("restart", restart::in_mid_flight),
        ("decision", decision::cost),
    ];
    let mut report = Report::new(seed, changes::CALLS_PER_MINUTE);
    for (name, scenario) in scenarios {
        if picked.is_empty() || picked.iter().any(|one| one == name) {
            scenario(seed, &mut report);
        }
    }
    eprintln!("written to {}", report.write()?.display());
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
