//! How evenly a short budget is spent.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;
use saewatch::sae::Operation;

use crate::changes::CALLS_PER_MINUTE;
use crate::naive::round_robin;
use crate::report::{Report, Row, secs};
use crate::world::app::{App, Apps};
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock};

const APPS: usize = 50;
const WARM_UP: Duration = mins(60);
const MEASURED: Duration = mins(240);

/// 50 applications that want a poll a minute each.
pub fn of_fifty(_: u64, report: &mut Report) {
    let world = || Arc::new(Sae::new(Apps::new(vec![App::well(4); APPS], Vec::new())));
    let naive =
        on_a_paused_clock(async { round_robin(&world(), APPS, CALLS_PER_MINUTE, WARM_UP + MEASURED).await });
    let (sae, looks) = on_a_paused_clock(async {
        let sae = world();
        let clock = Clock::steady(Timestamp::UNIX_EPOCH);
        let mut operator = Operator::start(sae.clone(), CALLS_PER_MINUTE, clock);
        operator.watch_all((0..APPS).map(Watch::new));
        operator.work_until(WARM_UP + MEASURED).await;
        (sae, std::mem::take(&mut operator.looks))
    });
    let minutes = MEASURED.as_secs_f64() / 60.0;
    let calls = sae.calls();
    let others = calls.iter().filter(|call| call.at >= WARM_UP && call.operation != Operation::Instances);
    let others = others.count() as f64 / minutes;
    let (mean, slowest) = between_polls(&looks);
    let (naive_mean, naive_slowest) = between_polls(&naive);
    let ideal = APPS as f64 / (f64::from(CALLS_PER_MINUTE) - others) * 60.0;
    let row = |measure, naive, ours, bar, holds| Row {
        scenario: format!("{APPS} applications at interval 60 s"),
        measure,
        naive,
        ours,
        bar,
        holds,
    };
    let against =
        |value: f64| format!("{value:.0} s ({:+.1} % of {ideal:.0} s)", (value / ideal - 1.0) * 100.0);
    let share = others / f64::from(CALLS_PER_MINUTE);
    let close = (mean / ideal - 1.0).abs() <= 0.1;
    report.row(row("mean between polls", secs(naive_mean), against(mean), "within 10 %", close));
    let close = slowest <= 1.25 * ideal;
    report.row(row("the slowest application", secs(naive_slowest), against(slowest), "within 25 %", close));
    let share_of_others = format!("{:.0} %", share * 100.0);
    let measure = "calls for pre-check and groups";
    report.row(row(measure, "0 %".into(), share_of_others, "≤ 25 %", share <= 0.25));
}

/// The time between polls of an application in seconds: on average, and the longest average of any.
fn between_polls(looks: &[Look]) -> (f64, f64) {
    let polls = |app| looks.iter().filter(|look| look.at >= WARM_UP && look.app == app).count() as f64;
    let between: Vec<f64> = (0..APPS).map(|app| MEASURED.as_secs_f64() / polls(app)).collect();
    (between.iter().sum::<f64>() / APPS as f64, between.iter().copied().fold(0.0, f64::max))
}
