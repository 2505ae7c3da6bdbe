//! How much memory many watches take.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use crate::Result;
use crate::cpu::memory;
use crate::operator::{Operator, Run};
use crate::stage::{INSTANCES, Stage};
use crate::table::{Row, progress};

/// So long the polls go on after everything was seen, so that the last writes have come back from the watch.
const SETTLE: Duration = Duration::from_secs(20);
/// 20,000 first calls take 200 s at 6,000 a minute, and 10,000 first writes as long on a machine with two cores that
/// everything here shares.
const PATIENCE: Duration = Duration::from_mins(20);
/// The pause between two scrapes of metrics with a series for each watch: shorter than any Prometheus waits. A scrape of ten thousand watches is 30 MB.
pub const GLANCE: Duration = Duration::from_secs(2);
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
    let watches = stage.describe();
    progress(&format!("memory, {watches}, {when}"));
    let mut operator = Operator::start(stage, Run::default())?;
    runtime.block_on(async {
        operator.until_ready().await?;
        progress(&format!("ready with {:.0} MiB", memory(operator.pid(), "VmRSS")?));
        let took = until_observed(stage.watches, &operator, GLANCE).await?;
        progress(&format!("all observed after {took:.0?}"));
        sleep(SETTLE).await;
        let (now, most) = (memory(operator.pid(), "VmRSS")?, memory(operator.pid(), "VmHWM")?);
        Ok(Row {
            measure: format!("memory, {watches}, {when}"),
            method: format!(
                "VmRSS of the release binary once all {} instances were observed; /metrics scraped every 2 s",
                stage.watches * INSTANCES
            ),
            result: format!("{now:.0} MiB (at most {most:.0} MiB)"),
            bar: "≤ 64 MiB",
            holds: Some(now <= MOST_MIB),
        })
    })
}

/// Waits until the operator says that it has seen so many applications well, asking it with this pause in between.
pub async fn until_observed(watches: usize, operator: &Operator, pause: Duration) -> Result<Duration> {
    let began = Instant::now();
    let mut said = began;
    loop {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let observed = operator.healthy().await? as usize;
        if observed == watches {
            return Ok(began.elapsed());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("after {PATIENCE:?} only {observed} watches were observed").into());
        }
        if said.elapsed() > Duration::from_secs(20) {
            said = Instant::now();
            progress(&format!("{observed} of {watches} watches observed"));
        }
        sleep(pause).await;
    }
}
