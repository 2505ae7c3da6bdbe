//! The rules, pure: no async, no clock, no client, no log line.
//!
//! [`decide`] answers the one question. Its steps stand each in a file: [`observe`](mod@observe) renders a good
//! answer ([`instance`] judges one instance, `tally` counts, [`health`] assesses, [`damping`] keeps calm,
//! `changes` names what happened) unless it is `unchanged`; `readiness` judges the watch itself, whose state
//! `watch_state` puts into conditions; `suspend` keeps what is shown, and `refusal` says why SAE may not be asked.

mod access;
pub(crate) mod account;
mod application;
mod budgets;
mod changes;
mod conditions;
pub(crate) mod damping;
mod data_origin;
mod decide;
pub mod diagnosis;
mod draft;
mod event;
mod event_name;
mod fingerprint;
#[cfg(test)]
mod fixtures;
pub(crate) mod freshness;
mod headcount;
pub(crate) mod health;
mod identify;
mod input;
pub mod instance;
mod instance_memo;
pub(crate) mod interval_steps;
mod listing;
mod memory;
mod observation;
mod observe;
mod pace;
mod readiness;
mod ready_change;
mod ready_events;
mod reason;
mod reason_table;
mod reassess;
mod refusal;
mod request;
mod revision;
mod row;
mod rule;
pub mod set;
mod suspend;
mod tally;
mod target;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod unchanged;
mod verdict;
mod watch_state;
mod withheld;

pub use access::{Access, Admission, Refusal};
pub use application::{Identity, Named, NamedTarget, TargetRef};
pub(crate) use budgets::Budgets;
pub(crate) use conditions::{ConditionType, Conditions, Truth};
pub use decide::{Decision, decide};
pub(crate) use event::Event;
pub use fingerprint::ListFingerprint;
pub(crate) use fingerprint::{fingerprint, instances_fingerprint, status_fingerprint};
pub(crate) use headcount::Headcount;
pub use input::{Input, Meta, Settings};
pub use instance_memo::{InstanceMemo, InstanceMemos};
pub use memory::Memory;
pub(crate) use observation::ObservedSidecar;
pub use observation::{Observation, ObservedGroup, ObservedInstance};
pub use pace::{Attempt, Failure, FailureClass, Pace};
pub use reason::{EventType, Reason};
pub use rule::Rule;
pub use target::{Account, Target};
pub(crate) use text::hex;
pub use withheld::withholds_targets;
