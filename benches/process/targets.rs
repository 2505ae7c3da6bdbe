//! What Prometheus is answered that asks for all targets.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Result;
use crate::build::Build;
use crate::cpu::memory;
use crate::memory::{GLANCE, until_observed};
use crate::operator::{Operator, Run};
use crate::stage::{Crowd, INSTANCES, Stage};
use crate::table::{Row, median, progress};

const TARGETS: usize = 6_000;
const ROUNDS: usize = 20;
const MOST_MILLISECONDS: f64 = 50.0;
/// Of memory above idle, as a multiple of the response.
const MOST_RESPONSES: f64 = 2.0;
/// So long the last writes take to come back from the watch.
const SETTLE: Duration = Duration::from_secs(5);
const MIB: f64 = 1024.0 * 1024.0;

/// Asks for all targets again and again, once every watch was observed.
pub fn of_six_thousand(runtime: &Runtime) -> Result<[Row; 2]> {
    let watches = TARGETS / INSTANCES;
    progress(&format!("targets of {watches} watches"));
    let crowd = Crowd { watches, interval: "5m", in_a_region: None, accounts: 0 };
    let stage = runtime.block_on(Stage::set(&Build::ours(), crowd))?;
    let mut operator = Operator::start(&stage, Run { lists_targets: true, ..Run::default() })?;
    let (bytes, mut took, idle, most) = runtime.block_on(async {
        operator.until_ready().await?;
        until_observed(watches, &operator, GLANCE).await?;
        sleep(SETTLE).await;
        // The scrapes before have had their peak; what is above it is the responses' own.
        let idle = memory(operator.pid(), "VmHWM")?;
        let (mut bytes, mut took) = (0, Vec::new());
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let text = operator.targets().await?;
            took.push(began.elapsed().as_secs_f64() * 1000.0);
            let listed = text.matches("\"targets\"").count();
            if listed != TARGETS {
                return Err(format!("{listed} targets instead of {TARGETS}").into());
            }
            bytes = text.len();
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((
            bytes,
            took,
            idle,
            memory(operator.pid(), "VmHWM")?,
        ))
    })?;
    let (took, response) = (median(&mut took), bytes as f64 / MIB);
    let above = (most - idle).max(0.0);
    Ok([
        Row {
            measure: format!("`/sd` of {TARGETS} instances"),
            method: format!("the request until its last byte, {response:.1} MiB; median of {ROUNDS}"),
            result: format!("{took:.0} ms"),
            bar: "≤ 50 ms",
            holds: Some(took <= MOST_MILLISECONDS),
        },
        Row {
            measure: format!("memory for `/sd` of {TARGETS} instances"),
            method: "VmHWM of the release binary after these requests, above that before".to_owned(),
            result: format!("{above:.1} MiB"),
            bar: "≤ 2 responses",
            holds: Some(above <= MOST_RESPONSES * response),
        },
    ])
}
