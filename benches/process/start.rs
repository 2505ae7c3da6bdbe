//! How long it takes until the operator is ready, beside the least that anybody must do.

use std::path::Path;
use std::time::{Duration, Instant};

use kube::Api;
use kube::api::ListParams;
use saewatch::api::SaeAppWatch;
use tokio::runtime::Runtime;

use crate::Result;
use crate::base::Base;
use crate::operator::{Operator, Run};
use crate::stage::Stage;
use crate::table::{Row, median, progress};

const ROUNDS: usize = 5;
const MOST: f64 = 1.5;
/// Of the build that knows no accounts.
const MOST_OF_ACCOUNTS: f64 = 1.1;
/// The API server ends what a killed process had asked for.
const PAUSE: Duration = Duration::from_secs(5);
/// Of the base, where it cannot be built.
const RECORDED: f64 = 5.42;

/// In turn: a list of all watches with kube, decoded; and the operator, from the start of its process.
pub fn to_ready(stage: &Stage, runtime: &Runtime) -> Result<Row> {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        bare.push(runtime.block_on(list(stage))?);
        ours.push(ready(&stage.build.binary, stage, runtime)?);
        progress(&format!("start, round {round}: {:.2?} s and {:.2?} s", bare[round - 1], ours[round - 1]));
        std::thread::sleep(PAUSE);
    }
    let (bare, ours) = (median(&mut bare), median(&mut ours));
    let ratio = ours / bare;
    Ok(Row {
        measure: format!("start with {} watches", stage.watches),
        method: format!(
            "process start to /readyz {ours:.2} s; one kube list of all, decoded: {bare:.2} s; medians of {ROUNDS}"
        ),
        result: format!("{ratio:.2} ×"),
        bar: "≤ 1.5 ×",
        holds: Some(ratio <= MOST),
    })
}

/// In turn, on the same watches: the base, to which the accounts that they name mean nothing; and these sources.
pub fn to_ready_with_accounts(stage: &Stage, base: &Base, runtime: &Runtime) -> Result<Row> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut name = "";
    for round in 1..=ROUNDS {
        let (seconds, origin) = base.figure(RECORDED, |build| ready(&build.binary, stage, runtime))?;
        theirs.push(seconds);
        name = origin;
        std::thread::sleep(PAUSE);
        ours.push(ready(&stage.build.binary, stage, runtime)?);
        std::thread::sleep(PAUSE);
        progress(&format!("start, round {round}: {seconds:.2?} s and {:.2?} s", ours[round - 1]));
    }
    let (theirs, ours) = (median(&mut theirs), median(&mut ours));
    let ratio = ours / theirs;
    Ok(Row {
        measure: format!("start with {}", stage.describe()),
        method: format!("process start to /readyz {ours:.2} s; {name} {theirs:.2} s; medians of {ROUNDS}"),
        result: format!("{ratio:.2} ×"),
        bar: "≤ 1.1 ×",
        holds: Some(ratio <= MOST_OF_ACCOUNTS),
    })
}

/// Seconds from the start of the process until it is ready.
fn ready(binary: &Path, stage: &Stage, runtime: &Runtime) -> Result<f64> {
    let ready = runtime
        .block_on(async { Operator::start_binary(binary, stage, Run::default())?.until_ready().await })?;
    Ok(ready.as_secs_f64())
}

async fn list(stage: &Stage) -> Result<f64> {
    let api: Api<SaeAppWatch> = Api::all(stage.cluster.client());
    let began = Instant::now();
    let list = api.list(&ListParams::default()).await?;
    let took = began.elapsed().as_secs_f64();
    if list.items.len() == stage.watches {
        Ok(took)
    } else {
        Err(format!("{} watches instead of {}", list.items.len(), stage.watches).into())
    }
}
