//! The virtual world: the real scheduler on a paused clock, an SAE that follows a script, and a stand-in for the
//! operator. Hours run in seconds, and the same plan gives the same calls.
#![allow(dead_code, reason = "each test binary uses its own part of the world")]
#![allow(clippy::expect_used, reason = "a world that cannot be built is a mistake in a test")]
#![allow(missing_docs, reason = "a world for tests; its promises are the tests that use it")]

pub mod app;
pub mod availability;
pub mod diagnosis;
pub mod directory;
#[path = "../support/history.rs"]
pub mod history;
pub mod operator;
pub mod sae;

use std::future::Future;
use std::time::Duration;

/// Runs a future on a paused clock of its own.
pub fn on_a_paused_clock<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing that could be missing")
        .block_on(future)
}

pub const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub const fn mins(mins: u64) -> Duration {
    Duration::from_secs(60 * mins)
}
