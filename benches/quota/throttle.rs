//! What happens while others use up the account's quota.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;
use saewatch::sae::Class;

use crate::deaths::CALLS_PER_MINUTE;
use crate::table::Row;
use crate::world::app::{App, Apps};
use crate::world::operator::{Operator, Watch};
use crate::world::sae::{Fault, Sae};
use crate::world::{mins, on_a_paused_clock};

const APPS: usize = 20;
const BEGIN: Duration = mins(60);
const END: Duration = mins(70);

/// Ten minutes in which every call is one too many.
pub fn for_ten_minutes(_: u64) -> Vec<Row> {
    let fault = Fault { during: BEGIN..END, operation: None, app: None, class: Class::Throttled(None) };
    let (sae, looks) = on_a_paused_clock(async {
        let apps = Apps::new(vec![App::well(4); APPS], Vec::new());
        let sae = Arc::new(Sae::new(apps).with_faults(vec![fault]));
        let clock = Clock::steady(Timestamp::UNIX_EPOCH);
        let mut operator = Operator::start(sae.clone(), CALLS_PER_MINUTE, clock);
        operator.watch_all((0..APPS).map(Watch::new));
        operator.work_until(END + mins(30)).await;
        (sae, std::mem::take(&mut operator.looks))
    });
    let calls = sae.calls().iter().filter(|call| (BEGIN..END).contains(&call.at)).count();
    let first = |app| {
        looks.iter().find(|look| look.app == app && look.at >= END).map(|look| look.at.saturating_sub(END))
    };
    let fresh = (0..APPS).map(|app| first(app).unwrap_or(Duration::MAX)).max().unwrap_or_default();
    let row = |measure, naive: &str, ours, bar, holds| Row {
        scenario: format!("throttled for 10 min by others, {APPS} applications"),
        measure,
        naive: naive.into(),
        ours,
        bar,
        holds,
    };
    vec![
        row("calls in that time", "300", calls.to_string(), "≤ 15", calls <= 15),
        row(
            "all data fresh after the end",
            "40 s",
            format!("{:.0} s", fresh.as_secs_f64()),
            "≤ 180 s",
            fresh <= mins(3),
        ),
    ]
}
