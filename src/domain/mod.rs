//! The rules, pure: no async, no clock, no client, no log line.
//!
//! [`decide`] answers the one question. Its steps stand each in a file: [`observe`](mod@observe) renders a good
//! answer ([`instance`] judges one instance, `tally` counts, [`health`] assesses, [`damping`] keeps calm,
//! `changes` names what happened) unless it is `unchanged`; `readiness` judges the watch itself, whose state
//! `watch_state` puts into conditions; `suspend` keeps what is shown.

mod budgets;
mod changes;
mod conditions;
pub mod damping;
mod data_origin;
mod decide;
mod draft;
mod event;
mod event_name;
mod fingerprint;
#[cfg(test)]
mod fixtures;
pub mod freshness;
mod headcount;
pub mod health;
mod input;
pub mod instance;
mod instance_memo;
pub mod interval_steps;
mod listing;
mod memory;
mod observation;
mod observe;
mod pace;
mod readiness;
mod ready_events;
mod reason;
mod reassess;
mod request;
mod revision;
mod rule;
mod suspend;
mod tally;
mod target;
#[cfg(test)]
mod tests;
pub mod text;
mod unchanged;
mod verdict;
mod watch_state;

pub use budgets::Budgets;
pub use conditions::{ConditionType, Conditions, Truth};
pub use decide::{Decision, decide};
pub use event::Event;
pub use fingerprint::{ListFingerprint, fingerprint, status_fingerprint};
pub use headcount::Headcount;
pub use input::{Input, Meta, Settings};
pub use instance_memo::{InstanceMemo, InstanceMemos};
pub use listing::LIST_BYTES;
pub use memory::{Memory, Unannounced, Written, WrittenList};
pub use observation::{Observation, ObservedGroup, ObservedInstance, ObservedSidecar};
pub use pace::{Attempt, Failure, FailureClass, Pace};
pub use reason::{EventType, Reason};
pub use rule::Rule;
pub use target::Target;
pub use text::hex;
