//! What a restart changes: nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;

use crate::report::{Report, Row};
use crate::world::app::{App, Apps};
use crate::world::operator::{Operator, Watch};
use crate::world::sae::{Call, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

const APPS: usize = 10_000;
/// What 200 accounts have together.
const CALLS_PER_MINUTE: u32 = 6000;
const RESTART: Duration = mins(40);
const END: Duration = mins(50);

/// The same world with and without a restart.
pub fn in_mid_flight(_: u64, report: &mut Report) {
    let (without, with) = (calls(None), calls(Some(RESTART)));
    let sooner = asked_sooner(&without, &with);
    let most = most_in_a_minute(&with);
    let row = |measure, ours, bar, holds| Row {
        scenario: format!("restart in mid-flight, {APPS} watches, {CALLS_PER_MINUTE} calls a minute"),
        measure,
        naive: "–".into(),
        ours,
        bar,
        holds,
    };
    report.row(row("targets asked sooner than without it", sooner.to_string(), "0", sooner == 0));
    let holds = most <= CALLS_PER_MINUTE as usize;
    report.row(row("most calls in any 60 s", most.to_string(), "≤ 6000", holds));
}

fn calls(restart: Option<Duration>) -> Vec<Call> {
    on_a_paused_clock(async {
        let sae = Arc::new(Sae::new(Apps::new(vec![App::well(2); APPS], Vec::new())));
        let clock = Clock::steady(Timestamp::UNIX_EPOCH);
        let mut operator = Operator::start(sae.clone(), CALLS_PER_MINUTE, clock);
        operator.watch_all((0..APPS).map(Watch::new));
        if let Some(at) = restart {
            operator.work_until(at).await;
            operator = operator.restart(secs(3)).await;
        }
        operator.work_until(END).await;
        sae.calls()
    })
}

/// How many applications were asked sooner after the restart than without it.
fn asked_sooner(without: &[Call], with: &[Call]) -> usize {
    let first_after = |calls: &[Call]| {
        let mut first: BTreeMap<String, Duration> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.at >= RESTART) {
            if let Some(app) = &call.app {
                first.entry(app.clone()).or_insert(call.at);
            }
        }
        first
    };
    let (without, with) = (first_after(without), first_after(with));
    with.iter().filter(|(app, at)| without.get(*app).is_some_and(|other| *at < other)).count()
}

/// The most calls in any 60 s.
fn most_in_a_minute(calls: &[Call]) -> usize {
    let mut from = 0;
    let window = |(to, call): (usize, &Call)| {
        while call.at.saturating_sub(calls[from].at) >= secs(60) {
            from += 1;
        }
        to + 1 - from
    };
    calls.iter().enumerate().map(window).max().unwrap_or(0)
}
