//! What one unchanged poll costs the whole process at ten polls a second: system calls, and CPU beside the base.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::base::Base;
use crate::build::Build;
use crate::cpu::process_seconds;
use crate::memory::{GLANCE, until_observed};
use crate::operator::{Operator, Run};
use crate::stage::{Crowd, INSTANCES, Stage};
use crate::strace;
use crate::table::{Row, progress};
use crate::{ACCOUNTS, Result};

/// At an interval of 60 s each side makes ten polls a second.
const WATCHES: usize = 600;
/// Fewer than the 20 from which on a region is listed too.
const IN_A_REGION: usize = 19;
/// Until each watch has had its second poll, which is still rendered; groups are read with the first one and after ten
/// minutes.
const SETTLE: Duration = Duration::from_secs(75);
const MEASURED: Duration = Duration::from_mins(2);
const TRACED: Duration = Duration::from_secs(20);
const MOST_CALLS: f64 = 7.0;
const MOST_CPU: f64 = 0.8;
const MOST_CPU_OF_ACCOUNTS: f64 = 1.05;
/// Of the bases, where they cannot be built.
const RECORDED: Cost = Cost { seconds: 1.4e-3, system_calls: Some(14.5) };
const RECORDED_BEFORE_ACCOUNTS: Cost = Cost { seconds: 467e-6, system_calls: Some(5.1) };

/// What one poll costs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    seconds: f64,
    system_calls: Option<f64>,
}

/// Both builds at the same time, each with a control plane of its own.
pub fn unchanged(base: &Base, runtime: &Runtime) -> Result<Vec<Row>> {
    let (ours, theirs) = beside(base, 0, runtime)?;
    Ok(rows(ours, theirs))
}

/// The same with watches that name one of several accounts, beside a build that knows no accounts.
pub fn unchanged_of_accounts(base: &Base, runtime: &Runtime) -> Result<Vec<Row>> {
    let (ours, theirs) = beside(base, ACCOUNTS, runtime)?;
    Ok(rows_of_accounts(ours, theirs))
}

/// What a poll costs these sources, with so many accounts, and the base, which has none.
fn beside(base: &Base, accounts: usize, runtime: &Runtime) -> Result<(Cost, Option<Cost>)> {
    let ours = (Build::ours(), accounts);
    let costs = runtime.block_on(async {
        match base {
            Base::Built(theirs) => costs(&[ours, (theirs.clone(), 0)]).await,
            Base::Recorded => costs(&[ours]).await,
        }
    })?;
    let mut costs = costs.into_iter();
    Ok((costs.next().ok_or("nothing was measured")?, costs.next()))
}

/// What a poll costs each of these builds, with so many accounts.
async fn costs(sides: &[(Build, usize)]) -> Result<Vec<Cost>> {
    let mut stages = Vec::new();
    for (build, accounts) in sides {
        let crowd =
            Crowd { watches: WATCHES, interval: "60s", in_a_region: Some(IN_A_REGION), accounts: *accounts };
        stages.push(Stage::set(build, crowd).await?);
    }
    let run = Run { heartbeat: "1h", ..Run::default() };
    let mut operators =
        stages.iter().map(|stage| Operator::start(stage, run)).collect::<Result<Vec<Operator>>>()?;
    progress(&format!("unchanged polls: {WATCHES} watches a side"));
    for operator in &mut operators {
        operator.until_ready().await?;
    }
    for operator in &operators {
        until_observed(WATCHES, operator, GLANCE).await?;
    }
    sleep(SETTLE).await;
    let mut before = Vec::new();
    for operator in &operators {
        let calls = operator.sae_calls().await?;
        before.push((calls, process_seconds(operator.pid())?));
    }
    sleep(MEASURED).await;
    let spent: Vec<f64> =
        operators.iter().map(|operator| process_seconds(operator.pid())).collect::<Result<_>>()?;
    let mut costs = Vec::new();
    for (number, operator) in operators.iter().enumerate() {
        let (calls, seconds) = before[number];
        let polls = operator.sae_calls().await? - calls;
        costs.push(Cost { seconds: (spent[number] - seconds) / polls, system_calls: None });
    }
    if strace::is_installed() {
        for (cost, operator) in costs.iter_mut().zip(&operators) {
            let before = operator.sae_calls().await?;
            let system_calls = strace::count(operator.pid(), TRACED).await?;
            cost.system_calls = Some(system_calls / (operator.sae_calls().await? - before));
        }
    }
    Ok(costs)
}

/// The base's cost, as measured or as recorded, and how a row names it.
fn name(theirs: Option<Cost>, recorded: Cost) -> (Cost, &'static str) {
    theirs.map_or((recorded, "the base, as recorded"), |theirs| (theirs, "the base beside it"))
}

fn system_calls(cost: Cost) -> String {
    cost.system_calls.map_or("not counted".into(), |calls| format!("{calls:.1}"))
}

fn rows_of_accounts(ours: Cost, theirs: Option<Cost>) -> Vec<Row> {
    let (theirs, name) = name(theirs, RECORDED_BEFORE_ACCOUNTS);
    let ratio = ours.seconds / theirs.seconds;
    vec![Row {
        measure: format!("CPU of one unchanged poll with {ACCOUNTS} accounts, the whole process"),
        method: format!(
            "{:.0} µs and {} system calls at 10 polls a second for {MEASURED:?}; {name}, without accounts, {:.0} µs and {}",
            ours.seconds * 1e6,
            system_calls(ours),
            theirs.seconds * 1e6,
            system_calls(theirs)
        ),
        result: format!("{ratio:.2} ×"),
        bar: "≤ 1.05 ×",
        holds: Some(ratio <= MOST_CPU_OF_ACCOUNTS),
    }]
}

fn rows(ours: Cost, theirs: Option<Cost>) -> Vec<Row> {
    let (theirs, name) = name(theirs, RECORDED);
    let ratio = ours.seconds / theirs.seconds;
    vec![
        Row {
            measure: "system calls of one unchanged poll".into(),
            method: if ours.system_calls.is_some() {
                format!("strace for {TRACED:?} at 10 polls a second; {name} {}", system_calls(theirs))
            } else {
                "strace is not installed".into()
            },
            result: system_calls(ours),
            bar: "≤ 7",
            holds: ours.system_calls.map(|calls| calls <= MOST_CALLS),
        },
        Row {
            measure: "CPU of one unchanged poll, the whole process".into(),
            method: format!(
                "{:.0} µs at 10 polls a second for {MEASURED:?}, {INSTANCES} instances; {name} {:.0} µs",
                ours.seconds * 1e6,
                theirs.seconds * 1e6
            ),
            result: format!("{ratio:.2} ×"),
            bar: "≤ 0.8 ×",
            holds: Some(ratio <= MOST_CPU),
        },
    ]
}
