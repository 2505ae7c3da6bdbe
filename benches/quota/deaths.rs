//! How soon a change is seen that moves a count, and how soon among those that are unwell.

use crate::changes::{DEAD, UNREADY, WELL, World};
use crate::report::{Report, Row, quantile, secs};
use crate::world::app::App;

const APPS: usize = 500;

/// One death a minute that moves the number of running instances.
pub fn counted(seed: u64, report: &mut Report) {
    let world = World::new(seed, vec![WELL; APPS], |_| true, &[DEAD]);
    let (naive, ours) = (world.naive(), world.ours());
    report.detection("500 applications: an instance dies", &naive, &ours);
    let (naive_median, median, p95) = (quantile(&naive, 0.5), quantile(&ours, 0.5), quantile(&ours, 0.95));
    let scenario = "500 applications, one death a minute, outages of 10 min, running count moves";
    let row = |measure, naive: f64, ours: f64, bar, holds| Row {
        scenario: scenario.into(),
        measure,
        naive: secs(naive),
        ours: secs(ours),
        bar,
        holds,
    };
    report.row(row("median until seen", naive_median, median, "≤ 30 s", median <= 30.0));
    report.row(row("p95 until seen", quantile(&naive, 0.95), p95, "≤ 90 s", p95 <= 90.0));
    report.row(Row {
        scenario: scenario.into(),
        measure: "how much sooner (medians)",
        naive: "1".into(),
        ours: format!("{:.0} ×", naive_median / median),
        bar: "≥ 10 ×",
        holds: naive_median >= 10.0 * median,
    });
}

/// Every twentieth application is unwell all the time, and gets worse.
pub fn of_the_unwell(seed: u64, report: &mut Report) {
    let unwell = |app: usize| app.is_multiple_of(20);
    let apps = (0..APPS).map(|app| if unwell(app) { UNREADY } else { WELL }).collect();
    let world = World::new(seed, apps, unwell, &[App { unready: 2, ..WELL }]);
    let (naive, ours) = (world.naive(), world.ours());
    let (naive, ours) = (quantile(&naive, 0.5), quantile(&ours, 0.5));
    report.row(Row {
        scenario: "500 applications, 5 % of them unwell, and changes on those".into(),
        measure: "median until looked at",
        naive: secs(naive),
        ours: secs(ours),
        bar: "≤ 90 s",
        holds: ours <= 90.0,
    });
}
