//! The quota: one scheduler that spends the account's calls where they matter most.
//!
//! The operator subscribes each watch ([`Polls::subscribe`]); the scheduler decides which call comes next and when,
//! makes it, and notifies the watches that it concerns. It knows nothing of Kubernetes, and nothing else calls SAE.
//!
//! Each folder answers one question. Imports go one way, from left to right: `run` → `scheduler` → `targets` → `gate`.
//!
//! * `run`: what waits? The one task that starts jobs (`driver`), what a job does (`perform`), how its calls go out
//!   (`caller`), and the operator's side of it ([`Polls`] in `handle`). Nothing outside this folder awaits.
//! * `scheduler`: who is next, and when? Its own file picks; the others each hold a rule or react to one kind of
//!   event.
//! * `targets`: what is polled, and how does it stand? Who watches a target and what is known of it (`tracked`), how
//!   much of the budget it asks for (`priority`, `slowdown`), which calls a poll can spare (`knowledge`), why it is
//!   polled next (`cause`), which applications the lists of a region point at (`precheck`, `hints`), which id an
//!   application has that a watch names (`names`), and when a region is listed for names alone (`name_lists`).
//! * `gate`: may a call go out? The pace (`budget`), and what a throttle (`throttle`), bad credentials
//!   (`credentials`) and a failed poll (`backoff`) do.
//!
//! `subscription` is what a watch asks for; `metrics` writes what the scheduler counts for a scrape.

mod gate;
mod metrics;
mod run;
mod scheduler;
mod subscription;
mod targets;

pub use crate::sae::Clock;
pub use metrics::PollMetrics;
pub use run::{ListNews, ListNewsSender, News, NewsSender, Polls, Settings, news, start};
pub use scheduler::{Eligible, Lane, Lanes, Need, RegionCoverage, RegionStats, Stats};
pub use subscription::{Attention, SetId, Snapshot, Subscription, WatchId};
