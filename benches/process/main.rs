//! What the process costs (`make bench`, part B): new watches, one poll, one decision, a change, memory, start, what it
//! writes, the targets for Prometheus, its size; the plan of a set; and a poll, memory and start with many accounts.
//!
//! The operator is the release binary, the API server and etcd are real, SAE is the simulator; all of it on loopback.
//! Where something is compared, both sides run in turn or side by side in the same run. The base of some is an earlier
//! build, made from git; where there is no history, figures of a run before stand in and the row says so. `WATCHES=n` makes it smaller,
//! and arguments pick measures by name: `cargo bench --bench process -- decode poll`.

// The operator in virtual time, as the tests of its behaviour run it.
#[path = "../../tests/virtual/cluster/mod.rs"]
#[allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod cluster;
#[path = "../../tests/virtual/laws.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod laws;
#[path = "../../tests/virtual/life.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod life;
#[path = "../../tests/virtual/sae/mod.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod sae;
#[path = "../../tests/virtual/target_table.rs"]
#[allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod target_table;
#[path = "../../tests/virtual/world.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "written for tests")]
mod world;

mod account;
mod arrival;
mod base;
mod build;
mod change;
mod cpu;
mod decode;
mod memory;
mod operator;
mod page;
mod poll;
mod servers;
mod sets;
mod size;
mod stage;
mod start;
mod steady;
mod strace;
mod table;
mod targets;
mod watch;
mod writes;

use std::process::ExitCode;

use base::{BEFORE_ACCOUNTS, BEFORE_ONE_WRITE, Base};
use build::Build;
use stage::{Crowd, Stage};
use table::Table;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How many watches there are, unless `WATCHES` says otherwise.
const WATCHES: usize = 10_000;
/// Over how many accounts they are spread where they name one.
pub const ACCOUNTS: usize = 20;

fn main() -> Result<ExitCode> {
    // As in the program itself; reqwest and kube are used here too.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err("another TLS provider is installed already".into());
    }
    let picked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_picked = |name: &str| picked.is_empty() || picked.iter().any(|one| one == name);
    let mut table = Table::new();
    if is_picked("decode") {
        table.add(decode::unchanged_answers()?);
    }
    if is_picked("poll") {
        table.add(poll::unchanged()?);
    }
    if is_picked("sets") {
        table.add(sets::of_a_thousand()?);
    }
    if ["new", "unchanged", "change"].into_iter().any(is_picked) {
        let (base, runtime) = (Base::find(&BEFORE_ONE_WRITE)?, tokio::runtime::Runtime::new()?);
        if is_picked("new") {
            table.add(arrival::of_new_watches(&base, &runtime)?);
        }
        if is_picked("unchanged") {
            table.add(steady::unchanged(&base, &runtime)?);
        }
        if is_picked("change") {
            table.add(change::of_one_instance(&base, &runtime)?);
        }
    }
    let watches = std::env::var("WATCHES").ok().and_then(|count| count.parse().ok()).unwrap_or(WATCHES);
    if ["memory", "start", "writes"].into_iter().any(is_picked) {
        let runtime = tokio::runtime::Runtime::new()?;
        let crowd = Crowd { watches, interval: "5m", in_a_region: None, accounts: 0 };
        let stage = runtime.block_on(Stage::set(&Build::ours(), crowd))?;
        // The watches have their statuses from here.
        table.add(memory::resident(&stage, &runtime)?);
        if is_picked("start") {
            table.add([start::to_ready(&stage, &runtime)?]);
        }
        if is_picked("writes") {
            table.add(writes::of_an_hour(&stage, &runtime)?);
        }
    }
    if is_picked("targets") {
        table.add(targets::of_six_thousand(&tokio::runtime::Runtime::new()?)?);
    }
    if is_picked("accounts") {
        let (base, runtime) = (Base::find(&BEFORE_ACCOUNTS)?, tokio::runtime::Runtime::new()?);
        table.add(steady::unchanged_of_accounts(&base, &runtime)?);
        let crowd = Crowd { watches, interval: "5m", in_a_region: None, accounts: ACCOUNTS };
        let stage = runtime.block_on(Stage::set(&Build::ours(), crowd))?;
        table.add(memory::resident(&stage, &runtime)?);
        table.add([start::to_ready_with_accounts(&stage, &base, &runtime)?]);
    }
    if is_picked("size") {
        table.add([size::of_the_binary()?, size::cold_build()?]);
    }
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
