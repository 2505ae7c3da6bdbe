//! What happens while others use up the account's quota.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;
use saewatch::sae::Class;

use crate::changes::CALLS_PER_MINUTE;
use crate::naive::round_robin;
use crate::report::{Report, Row, secs};
use crate::world::app::{App, Apps};
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::{Fault, Sae};
use crate::world::{mins, on_a_paused_clock};

const APPS: usize = 20;
const BEGIN: Duration = mins(60);
const END: Duration = mins(70);

/// Ten minutes in which every call is one too many.
pub fn for_ten_minutes(_: u64, report: &mut Report) {
    let naive = on_a_paused_clock(async {
        let sae = world();
        let looks = round_robin(&sae, APPS, CALLS_PER_MINUTE, END + mins(30)).await;
        Throttled::new(&sae, &looks)
    });
    let ours = on_a_paused_clock(async {
        let sae = world();
        let clock = Clock::steady(Timestamp::UNIX_EPOCH);
        let mut operator = Operator::start(sae.clone(), CALLS_PER_MINUTE, clock);
        operator.watch_all((0..APPS).map(Watch::new));
        operator.work_until(END + mins(30)).await;
        Throttled::new(&sae, &operator.looks)
    });
    let row = |measure, naive, ours, bar, holds| Row {
        scenario: format!("throttled for 10 min by others, {APPS} applications"),
        measure,
        naive,
        ours,
        bar,
        holds,
    };
    let calls = [&naive, &ours].map(|one| one.calls.to_string());
    let [naive_calls, our_calls] = calls;
    report.row(row("calls in that time", naive_calls, our_calls, "≤ 15", ours.calls <= 15));
    let [naive_fresh, our_fresh] = [&naive, &ours].map(|one| secs(one.fresh.as_secs_f64()));
    let measure = "all data fresh after the end";
    report.row(row(measure, naive_fresh, our_fresh, "≤ 180 s", ours.fresh <= mins(3)));
}

/// An SAE that throttles everybody for ten minutes.
fn world() -> Arc<Sae> {
    let fault = Fault { during: BEGIN..END, operation: None, app: None, class: Class::Throttled(None) };
    Arc::new(Sae::new(Apps::new(vec![App::well(4); APPS], Vec::new())).with_faults(vec![fault]))
}

/// How somebody fared.
struct Throttled {
    /// Calls while it lasted.
    calls: usize,
    /// How long after the end the last application had been looked at.
    fresh: Duration,
}

impl Throttled {
    fn new(sae: &Sae, looks: &[Look]) -> Self {
        let calls = sae.calls().iter().filter(|call| (BEGIN..END).contains(&call.at)).count();
        let first = |app| looks.iter().find(|look| look.app == app && look.at >= END);
        let fresh = |app| first(app).map_or(Duration::MAX, |look| look.at.saturating_sub(END));
        Self { calls, fresh: (0..APPS).map(fresh).max().unwrap_or_default() }
    }
}
