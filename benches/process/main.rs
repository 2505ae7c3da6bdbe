//! What the process costs (`make bench`, part B): memory, start, one poll, one decision, what it writes, its size.
//!
//! The operator is the release binary, the API server and etcd are real, SAE is the simulator; all of it on
//! loopback. Where something is compared, both sides run in turn in the same run. `WATCHES=n` makes it smaller, and
//! arguments pick measures by name: `cargo bench --bench process -- decode`.

mod cpu;
mod memory;
mod operator;
mod stage;
mod start;
mod table;

use std::process::ExitCode;

use stage::Stage;
use table::Row;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How many watches there are, unless `WATCHES` says otherwise.
const WATCHES: usize = 10_000;

fn main() -> Result<ExitCode> {
    // As in the program itself; reqwest and kube are used here too.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return Err("another TLS provider is installed already".into());
    }
    let watches = std::env::var("WATCHES").ok().and_then(|count| count.parse().ok()).unwrap_or(WATCHES);
    let picked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_picked = |name: &str| picked.is_empty() || picked.iter().any(|one| one == name);

    println!("The process: {watches} watches of {} instances\n", stage::INSTANCES);
    table::print_head();
    let mut rows: Vec<Row> = Vec::new();
    let mut note = |row: Row| {
        row.print();
        rows.push(row);
    };
    if is_picked("memory") || is_picked("start") {
        let runtime = tokio::runtime::Runtime::new()?;
        let stage = runtime.block_on(Stage::set(watches))?;
        // The watches have their statuses from the first of the two.
        memory::resident(&stage, &runtime)?.into_iter().for_each(&mut note);
        if is_picked("start") {
            note(start::to_ready(&stage, &runtime)?);
        }
    }
    let holds = rows.iter().all(|row| row.holds);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
