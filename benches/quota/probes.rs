//! How soon a failing readiness probe is seen, which moves no count, with a list of abnormal instances that is good or
//! useless.

use crate::changes::{DEAD, UNREADY, WELL, World};
use crate::report::{Report, Row, quantile, secs};
use crate::world::availability::Kind;
use crate::world::secs as time;

const APPS: usize = 500;
const REGIONS: usize = 8;
const OF_EACH: usize = 15;

/// With a list that is true and not too old.
pub fn listed(seed: u64, report: &mut Report) {
    let world = || World::new(seed, vec![WELL; APPS], |_| true, &[UNREADY]);
    let naive = world().naive();
    let scenario = "500 applications, readiness fails, no count moves";
    let ours = world().with_availability(Kind::Honest(time(10))).ours();
    report.detection("500 applications: a readiness probe fails", &naive, &ours);
    let row = |scenario: String, measure, part, ours: &[f64], most: f64, bar| {
        let (naive, ours) = (quantile(&naive, part), quantile(ours, part));
        Row { scenario, measure, naive: secs(naive), ours: secs(ours), bar, holds: ours <= most }
    };
    let lists = format!("{scenario}; lists 10 s old");
    report.row(row(lists.clone(), "median until seen", 0.5, &ours, 35.0, "≤ 35 s"));
    report.row(row(lists, "p95 until seen", 0.95, &ours, 70.0, "≤ 70 s"));
    let ours = world().with_availability(Kind::Honest(time(60))).ours();
    let lists = format!("{scenario}; lists 60 s old");
    report.row(row(lists, "median until seen", 0.5, &ours, 75.0, "≤ 75 s"));
}

/// With a list that is of no use, in four ways.
pub fn unlisted(seed: u64, report: &mut Report) {
    let world = || World::new(seed, vec![WELL; APPS], |_| true, &[UNREADY]);
    let naive_delays = world().naive();
    let naive = quantile(&naive_delays, 0.5);
    let useless =
        [("empty", Kind::Empty), ("frozen", Kind::Frozen), ("noisy", Kind::Noisy), ("random", Kind::Random)];
    for (word, kind) in useless {
        let delays = world().with_availability(kind).ours();
        if kind == Kind::Empty {
            report.detection("the same, and SAE's list stays empty", &naive_delays, &delays);
        }
        let ours = quantile(&delays, 0.5);
        report.row(Row {
            scenario: format!("the same, list {word} for ever"),
            measure: "median until looked at",
            naive: secs(naive),
            ours: format!("{} ({:.2} ×)", secs(ours), ours / naive),
            bar: "≤ 1.4 × naive",
            holds: ours <= 1.4 * naive,
        });
    }
}

/// Few applications in each of many regions, whose sweeps cost more.
pub fn in_regions(seed: u64, report: &mut Report) {
    let world = || {
        World::new(seed, vec![WELL; REGIONS * OF_EACH], |_| true, &[DEAD, UNREADY]).with_regions_of(OF_EACH)
    };
    let scenario = format!("{REGIONS} regions of {OF_EACH} applications, deaths and failing probes");
    let naive = world().naive();
    let ours = world().with_availability(Kind::Honest(time(10))).ours();
    report.detection("8 regions of 15 applications: deaths and probes", &naive, &ours);
    for (measure, part, most, bar) in
        [("median until seen", 0.5, 60.0, "≤ 60 s"), ("p95 until seen", 0.95, 120.0, "≤ 120 s")]
    {
        let (naive, ours) = (quantile(&naive, part), quantile(&ours, part));
        let scenario = format!("{scenario}; lists 10 s old");
        report.row(Row { scenario, measure, naive: secs(naive), ours: secs(ours), bar, holds: ours <= most });
    }
    let ours = world().with_availability(Kind::Empty).ours();
    // Whoever needs three misses to leave the list out has had them within the first hour.
    let (early, late) = ours.split_at(60.min(ours.len()));
    for (measure, ours, factor, bar) in [
        ("median of the first hour", early, 2.0, "≤ 2 × naive"),
        ("median after it", late, 1.4, "≤ 1.4 × naive"),
    ] {
        let (naive, ours) = (quantile(&naive, 0.5), quantile(ours, 0.5));
        report.row(Row {
            scenario: format!("{scenario}; list empty for ever"),
            measure,
            naive: secs(naive),
            ours: format!("{} ({:.2} ×)", secs(ours), ours / naive),
            bar,
            holds: ours <= factor * naive,
        });
    }
}
