//! A thousand new watches: what they cost the API server, and how long it takes until all are observed, beside the base.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Result;
use crate::base::Base;
use crate::build::Build;
use crate::cpu::process_seconds;
use crate::memory::until_observed;
use crate::operator::{Operator, Run};
use crate::servers::Work;
use crate::stage::{Crowd, INSTANCES, Stage};
use crate::table::{Row, progress};

const WATCHES: usize = 1_000;
/// Each takes two calls, at 6,000 a minute.
const BUDGET_SECONDS: f64 = 20.0;
/// So long the last writes may take after the operator has seen everything.
const SETTLE: Duration = Duration::from_secs(3);
/// The pause between two scrapes, by which the end is seen too late.
const GLANCE: Duration = Duration::from_millis(200);
/// So long the API server is watched without an operator.
const IDLE: Duration = Duration::from_secs(5);
/// One a watch; a busy machine may make SAE's second answer late for some.
const MOST_WRITES: f64 = 1.05;
const MOST_CPU: f64 = 0.45;
const MOST_TIME: f64 = 1.15;
const MOST_TIME_BUSY: f64 = 0.5;
/// Of the base, where it cannot be built.
const RECORDED: Arrival = Arrival { seconds: 31.0, writes: 3_000.0, server_seconds: 28.0 };
const RECORDED_BUSY: Arrival = Arrival { seconds: 86.0, ..RECORDED };

/// From the start of the process until all watches are observed.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    seconds: f64,
    writes: f64,
    /// CPU of the API server beyond what it takes when nothing happens.
    server_seconds: f64,
}

/// Both builds in turn, first with the machine to themselves, then with half of the cores busy otherwise.
pub fn of_new_watches(base: &Base, runtime: &Runtime) -> Result<Vec<Row>> {
    let arrive = |build: &Build| runtime.block_on(arrive(build));
    let (theirs, name) = base.figure(RECORDED, arrive)?;
    let ours = arrive(&Build::ours())?;
    let (theirs_busy, _) = base.figure(RECORDED_BUSY, |build| beside_busy_cores(|| arrive(build)))?;
    let ours_busy = beside_busy_cores(|| arrive(&Build::ours()))?;
    let each = WATCHES as f64;
    let (writes, cpu) = (ours.writes / each, ours.server_seconds / theirs.server_seconds);
    let (time, busy) = (ours.seconds / BUDGET_SECONDS, ours_busy.seconds / theirs_busy.seconds);
    Ok(vec![
        Row {
            measure: format!("status writes of {WATCHES} new watches"),
            method: format!("as the API server counts them, {:.0}; {name} {:.0}", ours.writes, theirs.writes),
            result: format!("{writes:.2} a watch"),
            bar: "≤ 1.0 a watch",
            holds: Some(writes <= MOST_WRITES),
        },
        Row {
            measure: "… in CPU of the API server".into(),
            method: format!(
                "{:.1} ms a watch; {name} {:.1} ms",
                ours.server_seconds / each * 1e3,
                theirs.server_seconds / each * 1e3
            ),
            result: format!("{cpu:.2} ×"),
            bar: "≤ 0.45 ×",
            holds: Some(cpu <= MOST_CPU),
        },
        Row {
            measure: "… until all are observed".into(),
            method: format!(
                "{:.1} s from the start of the process, {INSTANCES} instances each; the budget of 6,000 calls a minute \
                 takes {BUDGET_SECONDS} s by itself; {name} {:.1} s",
                ours.seconds, theirs.seconds
            ),
            result: format!("{time:.2} ×"),
            bar: "≤ 1.15 ×",
            holds: Some(time <= MOST_TIME),
        },
        Row {
            measure: "… with one of two cores busy otherwise".into(),
            method: format!("{:.1} s; {name} {:.1} s", ours_busy.seconds, theirs_busy.seconds),
            result: format!("{busy:.2} ×"),
            bar: "≤ 0.5 ×",
            holds: Some(busy <= MOST_TIME_BUSY),
        },
    ])
}

async fn arrive(build: &Build) -> Result<Arrival> {
    let stage =
        Stage::set(build, Crowd { watches: WATCHES, interval: "5m", in_a_region: None, accounts: 0 }).await?;
    let server = stage.cluster.api_server_pid().ok_or("the API server has ended")?;
    sleep(SETTLE).await;
    let idle = process_seconds(server)?;
    sleep(IDLE).await;
    let idle = (process_seconds(server)? - idle) / IDLE.as_secs_f64();
    let before = Work::until_now(&stage).await?;
    let mut operator = Operator::start(&stage, Run { watch_metrics: false, ..Run::default() })?;
    operator.until_ready().await?;
    until_observed(WATCHES, &operator, GLANCE).await?;
    let seconds = operator.age().as_secs_f64();
    progress(&format!("{WATCHES} new watches observed after {seconds:.1} s"));
    sleep(SETTLE).await;
    let work = Work::until_now(&stage).await?.since(before);
    let server_seconds = work.seconds - idle * (seconds + SETTLE.as_secs_f64());
    Ok(Arrival { seconds, writes: work.status_writes, server_seconds })
}

/// Half of the cores are kept from all that is started, as if other work held them. Processes that only burn CPU would not
/// do: the kernel gives ours a part of each core, and another part in each run.
fn beside_busy_cores<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    let cores = std::thread::available_parallelism()?.get();
    run_on(cores / 2)?;
    let result = act();
    run_on(cores)?;
    result
}

/// Lets this process, and what it starts from now on, run on the first so many cores.
fn run_on(cores: usize) -> Result<()> {
    let list = format!("0-{}", cores.saturating_sub(1));
    let status = Command::new("taskset")
        .args(["--all-tasks", "--pid", "--cpu-list", &list, &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("taskset ended with {status}").into()) }
}
