//! The quota: one scheduler that spends the account's calls where they tell most.
//!
//! The operator says what each watch wants ([`Polls::want`]); the scheduler decides which call comes next and
//! when, makes it, and says which watches have news. It knows nothing of Kubernetes, and nobody else calls SAE.
//!
//! `account` decides, without ever waiting, from pieces that each hold one rule: `budget` (how fast), `lanes`
//! (who first), `due` (when by the clock), `stretch` and `attention` (who gives way), `throttle`, `lockout` and
//! `retry` (what trouble does), `groups` (which calls a poll can spare). `need` puts them together for one target,
//! `settle` keeps what a poll brought. `driver` waits, and lets the calls of each job out by `caller`. `figures` are what is counted, `metrics`
//! writes them for a scrape.

mod account;
mod attention;
mod budget;
mod caller;
mod driver;
mod due;
mod figures;
mod groups;
mod handle;
mod lanes;
mod lockout;
mod meter;
mod metrics;
mod need;
mod plan;
mod precheck;
mod retry;
mod seed;
mod settle;
mod stretch;
mod sweep;
mod throttle;
mod tracked;
mod turn;
mod want;
mod watchers;

pub use crate::sae::Clock;
pub use figures::{Figures, Outcome};
pub use handle::{News, Polls, Seen, Settings, start};
pub use lanes::{Lane, Lanes, Need, Next, Open};
pub use metrics::PollMetrics;
pub use want::{Attention, Want, WatchId};
