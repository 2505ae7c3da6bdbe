//! What one decision costs, in comparisons of due times: the lanes are where the targets stand in line, and all else
//! that a decision asks does not depend on how many there are.

use std::cell::Cell;
use std::cmp::Ordering;
use std::time::Instant;

use saewatch::poll::{Eligible, Lane, Lanes, Need};

use crate::report::{Report, Row};

/// How many comparisons a decision may take, times the logarithm of the number of targets: one removal and one
/// insertion in a B-tree compare with some 4 keys for each doubling.
const FACTOR: f64 = 6.0;
const DECISIONS: u64 = 100_000;

/// A time that counts how often it is compared.
#[derive(Clone, Copy)]
struct Counted<'a>(u64, &'a Cell<u64>);

/// Takes the most overdue target and puts it back, again and again.
pub fn cost(seed: u64, report: &mut Report) {
    for targets in [100, 1_000, 10_000, 100_000] {
        report.row(measure(targets, seed));
    }
}

fn measure(targets: u64, seed: u64) -> Row {
    let (count, mut random) = (Cell::new(0), fastrand::Rng::with_seed(seed));
    let due = |at: u64| Some(Need::new(Lane::Periodic, Counted(at, &count)));
    let mut lanes = Lanes::new();
    for target in 0..targets {
        lanes.set(target, due(random.u64(0..targets)));
    }
    count.set(0);
    let began = Instant::now();
    // Targets fall due one after the other, in a line of some hundred.
    let (mut decisions, mut tick) = (0, targets / 100);
    while decisions < DECISIONS {
        tick += 1;
        let now = Counted(tick, &count);
        let eligible = Eligible { now, periodic: now, least_urgent: Lane::Periodic, closed: [None; 2] };
        let Some(next) = lanes.take(eligible) else { continue };
        decisions += 1;
        lanes.set(next.job, due(next.need.at.0 + targets / 2 + random.u64(0..targets)));
    }
    let nanos = began.elapsed().as_nanos() as f64 / DECISIONS as f64;
    let comparisons = count.get() as f64 / DECISIONS as f64;
    let most = FACTOR * (targets as f64).log2();
    Row {
        scenario: format!("one decision among {targets} targets"),
        measure: "comparisons",
        naive: targets.to_string(),
        ours: format!("{comparisons:.0} ({nanos:.0} ns)"),
        bar: "≤ 6 · log₂ n",
        holds: comparisons <= most,
    }
}

impl Ord for Counted<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.1.set(self.1.get() + 1);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Counted<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Counted<'_> {}
