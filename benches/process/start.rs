//! How long it takes until the operator is ready, beside the least that anybody must do.

use std::time::Instant;

use kube::Api;
use kube::api::ListParams;
use saewatch::api::SaeAppWatch;
use tokio::runtime::Runtime;

use crate::Result;
use crate::operator::{Operator, Run};
use crate::stage::Stage;
use crate::table::{Row, median, progress};

const ROUNDS: usize = 5;
const MOST: f64 = 1.5;

/// In turn: a list of all watches with kube, decoded; and the operator, from the start of its process.
pub fn to_ready(stage: &Stage, runtime: &Runtime) -> Result<Row> {
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        bare.push(runtime.block_on(list(stage))?);
        ours.push(
            runtime
                .block_on(async { Operator::start(stage, Run::default())?.until_ready().await })?
                .as_secs_f64(),
        );
        progress(&format!("start, round {round}: {:.2?} s and {:.2?} s", bare[round - 1], ours[round - 1]));
        // The API server ends what the killed process had asked for.
        std::thread::sleep(std::time::Duration::from_secs(5));
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
