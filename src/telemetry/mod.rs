//! What the operator says of itself: logs, and metrics, health and readiness over HTTP.
//!
//! `catalogue` lists every metric; `metrics` counts what the operator does, `watches` keeps what each watch shows,
//! `process` reads what the process costs, `crd` knows whether the CRD fits, `lists` which namespaces are refused,
//! `accounts` how the SaeAccounts stand, `sets` whether SaeAppWatchSets can be listed, and
//! `exposition` makes the text of all of it through `samples`, in a `format` that is accepted. `watchdog` finds loops that
//! hang, `readiness` whether the first lists are in, `http` serves the pages, and `targets` the instances to scrape.

mod accounts;
pub mod catalogue;
pub(crate) mod crd;
mod exposition;
mod format;
pub(crate) mod http;
pub(crate) mod listen;
mod lists;
pub(crate) mod logs;
mod metrics;
mod process;
mod readiness;
mod samples;
mod sets;
mod targets;
mod text_format;
mod watchdog;
mod watches;

pub use accounts::Accounts;
pub use exposition::Exposition;
pub use format::Format;
pub(crate) use lists::Lists;
pub use metrics::Metrics;
pub(crate) use metrics::{EventOutcome, Outcome, WriteKind, WriteOutcome};
pub(crate) use readiness::Phase;
pub use readiness::Readiness;
#[cfg(test)]
pub(crate) use samples::scraped;
pub(crate) use sets::Sets;
pub(crate) use targets::{Listing, Server as TargetsServer, Targets};
pub(crate) use watchdog::Liveness;
pub use watchdog::Watchdog;
pub(crate) use watches::{Reading, Watches};
