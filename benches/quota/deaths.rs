//! How soon a change is seen.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;

use crate::naive::round_robin;
use crate::report::{Report, Row, quantile, secs};
use crate::world::app::{App, Apps, Change};
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock};

pub const CALLS_PER_MINUTE: u32 = 30;
const APPS: usize = 500;
const WELL: App = App::well(4);
/// Before anything is measured, everything has been polled twice.
const WARM_UP: Duration = mins(120);
const MEASURED: Duration = mins(1200);
const OUTAGE: Duration = mins(10);

/// One death a minute that moves the number of running instances.
pub fn counted(seed: u64, report: &mut Report) {
    let dead = App { down: 1, ..WELL };
    let world = World::new(seed, |_| WELL, |_| true, dead);
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

/// The same when readiness fails, which moves no number: the pre-check cannot help.
pub fn uncounted(seed: u64, report: &mut Report) {
    let unready = App { unready: 1, ..WELL };
    let world = World::new(seed, |_| WELL, |_| true, unready);
    let (naive, ours) = (world.naive(), world.ours());
    report.detection("500 applications: a readiness probe fails", &naive, &ours);
    let (naive, ours) = (quantile(&naive, 0.5), quantile(&ours, 0.5));
    report.row(Row {
        scenario: "the same, but readiness fails and no count moves".into(),
        measure: "median until looked at",
        naive: secs(naive),
        ours: format!("{} ({:.2} ×)", secs(ours), ours / naive),
        bar: "≤ 1.4 × naive",
        holds: ours <= 1.4 * naive,
    });
    // Every twentieth application is unwell all the time, and gets worse.
    let unwell = |app: usize| app.is_multiple_of(20);
    let start = |app| if unwell(app) { unready } else { WELL };
    let world = World::new(seed, start, unwell, App { unready: 2, ..WELL });
    let (naive, ours) = (world.naive(), world.ours());
    report.detection("500 applications: a sick one gets worse", &naive, &ours);
    let (naive, ours) = (quantile(&naive, 0.5), quantile(&ours, 0.5));
    report.row(Row {
        scenario: "5 % of them unwell, and changes on those".into(),
        measure: "median until looked at",
        naive: secs(naive),
        ours: secs(ours),
        bar: "≤ 90 s",
        holds: ours <= 90.0,
    });
}

/// Applications, and what happens to them.
struct World {
    apps: Vec<App>,
    script: Vec<Change>,
    /// When what began for which application.
    deaths: Vec<(Duration, usize)>,
}

impl World {
    fn new(seed: u64, start: impl Fn(usize) -> App, may_die: impl Fn(usize) -> bool, dead: App) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let apps: Vec<App> = (0..APPS).map(start).collect();
        let candidates: Vec<usize> = (0..APPS).filter(|app| may_die(*app)).collect();
        let (mut script, mut deaths): (Vec<Change>, Vec<(Duration, usize)>) = (Vec::new(), Vec::new());
        let mut minute = WARM_UP;
        while minute < WARM_UP + MEASURED {
            let at = minute + Duration::from_millis(random.u64(0..60_000));
            minute += mins(1);
            let app = candidates[random.usize(0..candidates.len())];
            // Whoever died lately has not recovered yet.
            if deaths.iter().any(|(last, other)| *other == app && at < *last + OUTAGE + mins(5)) {
                continue;
            }
            deaths.push((at, app));
            script.push(Change { at, app, to: dead });
            script.push(Change { at: at + OUTAGE, app, to: apps[app] });
        }
        Self { apps, script, deaths }
    }

    fn sae(&self) -> Arc<Sae> {
        Arc::new(Sae::new(Apps::new(self.apps.clone(), self.script.clone())))
    }

    fn naive(&self) -> Vec<f64> {
        let until = WARM_UP + MEASURED + mins(60);
        let looks =
            on_a_paused_clock(async { round_robin(&self.sae(), APPS, CALLS_PER_MINUTE, until).await });
        self.delays(&looks)
    }

    fn ours(&self) -> Vec<f64> {
        let until = WARM_UP + MEASURED + mins(60);
        let looks = on_a_paused_clock(async {
            let clock = Clock::steady(Timestamp::UNIX_EPOCH);
            let mut operator = Operator::start(self.sae(), CALLS_PER_MINUTE, clock);
            operator.watch_all((0..APPS).map(Watch::new));
            operator.work_until(until).await;
            std::mem::take(&mut operator.looks)
        });
        self.delays(&looks)
    }

    /// From each death to the next look at that application. A look that comes only after the recovery counts
    /// too, although it shows nothing any more: leaving it out would flatter whoever looks seldom.
    fn delays(&self, looks: &[Look]) -> Vec<f64> {
        let delay = |(at, app): &(Duration, usize)| {
            let next = looks.iter().find(|look| look.app == *app && look.at >= *at);
            next.map_or(f64::INFINITY, |look| look.at.saturating_sub(*at).as_secs_f64())
        };
        self.deaths.iter().map(delay).collect()
    }
}
