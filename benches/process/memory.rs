//! How much memory many watches take.

use std::time::Duration;

use tokio::runtime::Runtime;

use crate::Result;
use crate::cpu::memory;
use crate::operator::Operator;
use crate::stage::{INSTANCES, Stage};
use crate::table::{Row, progress};

/// So long the polls go on after everything was seen, so that the last writes have come back from the watch.
const SETTLE: Duration = Duration::from_secs(20);
const MOST_MIB: f64 = 64.0;

/// From the first look at ten thousand new watches until all were seen; then again from the start of another process,
/// which finds all statuses there.
pub fn resident(stage: &Stage, runtime: &Runtime) -> Result<Vec<Row>> {
    ["all of them new", "after a restart"]
        .into_iter()
        .map(|when| of_one_process(stage, runtime, when))
        .collect()
}

fn of_one_process(stage: &Stage, runtime: &Runtime, when: &str) -> Result<Row> {
    progress(&format!("memory, {when}"));
    let mut operator = Operator::start(stage)?;
    runtime.block_on(async {
        operator.until_ready().await?;
        progress(&format!("ready with {:.0} MiB", memory(operator.pid(), "VmRSS")?));
        let took = stage.until_observed(&mut operator).await?;
        progress(&format!("all observed after {took:.0?}"));
        tokio::time::sleep(SETTLE).await;
        let (now, most) = (memory(operator.pid(), "VmRSS")?, memory(operator.pid(), "VmHWM")?);
        Ok(Row {
            measure: format!("memory, {} watches, {when}", stage.watches),
            method: format!(
                "VmRSS of the release binary once all {} instances were observed; /metrics scraped each second",
                stage.watches * INSTANCES
            ),
            result: format!("{now:.0} MiB (at most {most:.0} MiB)"),
            bar: "≤ 64 MiB",
            holds: now <= MOST_MIB,
        })
    })
}
