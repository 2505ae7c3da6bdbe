//! What a change of one instance costs the API server and etcd, beside the base.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Result;
use crate::base::Base;
use crate::build::Build;
use crate::memory::{GLANCE, until_observed};
use crate::operator::{Operator, Run};
use crate::servers::Work;
use crate::stage::{Crowd, Stage};
use crate::table::{Row, progress};

/// So many that what the API server does by itself, which moves by some tenths of a second from one round to the next, is
/// little beside their changes.
const WATCHES: usize = 400;
/// Each watch changes so often.
const ROUNDS: usize = 2;
/// Every watch is polled in so long, and what it shows is written.
const ROUND: Duration = Duration::from_secs(20);
const MOST_CPU: f64 = 0.55;
const MOST_BYTES: f64 = 0.6;
/// Of the base, where it cannot be built.
const RECORDED: Change = Change { server_seconds: 25e-3, etcd_bytes: 17_300.0 };

/// What one change costs.
#[derive(Debug, Clone, Copy)]
struct Change {
    server_seconds: f64,
    etcd_bytes: f64,
}

/// Both builds in turn, each with a control plane of its own.
pub fn of_one_instance(base: &Base, runtime: &Runtime) -> Result<Vec<Row>> {
    let change = |build: &Build| runtime.block_on(change(build));
    let (theirs, name) = base.figure(RECORDED, change)?;
    let ours = change(&Build::ours())?;
    let cpu = ours.server_seconds / theirs.server_seconds;
    let bytes = ours.etcd_bytes / theirs.etcd_bytes;
    Ok(vec![
        Row {
            measure: "a change of one instance, in CPU of the API server".into(),
            method: format!(
                "{:.1} ms; {name} {:.1} ms; {} changes",
                ours.server_seconds * 1e3,
                theirs.server_seconds * 1e3,
                ROUNDS * WATCHES
            ),
            result: format!("{cpu:.2} ×"),
            bar: "≤ 0.55 ×",
            holds: Some(cpu <= MOST_CPU),
        },
        Row {
            measure: "… in bytes of etcd".into(),
            method: format!("{:.1} kB; {name} {:.1} kB", ours.etcd_bytes / 1e3, theirs.etcd_bytes / 1e3),
            result: format!("{bytes:.2} ×"),
            bar: "≤ 0.6 ×",
            holds: Some(bytes <= MOST_BYTES),
        },
    ])
}

async fn change(build: &Build) -> Result<Change> {
    let stage =
        Stage::set(build, Crowd { watches: WATCHES, interval: "15s", in_a_region: None, accounts: 0 })
            .await?;
    let run = Run { heartbeat: "1h", watch_metrics: false, ..Run::default() };
    let mut operator = Operator::start(&stage, run)?;
    operator.until_ready().await?;
    until_observed(WATCHES, &operator, GLANCE).await?;
    sleep(ROUND).await;
    progress(&format!("changes of one instance in each of {WATCHES} watches"));
    let before = Work::until_now(&stage).await?;
    sleep(ROUND).await;
    let idle = Work::until_now(&stage).await?.since(before);

    let before = Work::until_now(&stage).await?;
    for round in 0..ROUNDS {
        stage.change_one_instance_each(round);
        sleep(ROUND).await;
    }
    let work = Work::until_now(&stage).await?.since(before);
    let (changes, rounds) = ((ROUNDS * WATCHES) as f64, ROUNDS as f64);
    if work.status_writes < changes {
        return Err(format!("{} writes of {changes} changes", work.status_writes).into());
    }
    Ok(Change {
        server_seconds: (work.seconds - rounds * idle.seconds) / changes,
        etcd_bytes: (work.etcd_bytes - rounds * idle.etcd_bytes) / changes,
    })
}
