//! How evenly a short budget is spent.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::{Clock, Operation};

use crate::deaths::CALLS_PER_MINUTE;
use crate::table::Row;
use crate::world::app::{App, Apps};
use crate::world::operator::{Operator, Watch};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock};

const APPS: usize = 50;
const WARM_UP: Duration = mins(60);
const MEASURED: Duration = mins(240);

/// 50 applications that want a poll a minute each.
pub fn of_fifty(_: u64) -> Vec<Row> {
    let (sae, looks) = on_a_paused_clock(async {
        let sae = Arc::new(Sae::new(Apps::new(vec![App::well(4); APPS], Vec::new())));
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
    let polls = |app| looks.iter().filter(|look| look.at >= WARM_UP && look.app == app).count() as f64;
    let between: Vec<f64> = (0..APPS).map(|app| MEASURED.as_secs_f64() / polls(app)).collect();
    let mean = between.iter().sum::<f64>() / APPS as f64;
    let slowest = between.iter().copied().fold(0.0, f64::max);
    let ideal = APPS as f64 / (f64::from(CALLS_PER_MINUTE) - others) * 60.0;
    let naive = APPS as f64 / f64::from(CALLS_PER_MINUTE) * 60.0;
    let row = |measure, ours, bar, holds| Row {
        scenario: format!("{APPS} applications at interval 60 s"),
        measure,
        naive: format!("{naive:.0} s"),
        ours,
        bar,
        holds,
    };
    let against =
        |value: f64| format!("{value:.0} s ({:+.1} % of {ideal:.0} s)", (value / ideal - 1.0) * 100.0);
    let share = others / f64::from(CALLS_PER_MINUTE);
    vec![
        row("mean between polls", against(mean), "within 10 %", (mean / ideal - 1.0).abs() <= 0.1),
        row("the slowest application", against(slowest), "within 25 %", slowest <= 1.25 * ideal),
        Row {
            naive: "0 %".into(),
            ..row(
                "calls for pre-check and groups",
                format!("{:.0} %", share * 100.0),
                "≤ 25 %",
                share <= 0.25,
            )
        },
    ]
}
