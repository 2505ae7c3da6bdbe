//! The rules, pure: no async, no clock, no client, no log line.
//!
//! [`decide`] answers the one question. Its steps stand each in a file: [`observe`](mod@observe) renders a good
//! answer ([`instance`] judges one instance, `tally` counts, [`health`] assesses, [`damping`] keeps calm,
//! `changes` tells) unless `steady` knows it already, `polls` judges the watch itself, `suspend` keeps still.

mod budgets;
mod changes;
mod conditions;
pub mod damping;
mod decide;
mod digest;
mod draft;
mod event;
mod event_name;
mod facts;
mod fingerprint;
#[cfg(test)]
mod fixtures;
pub mod freshness;
mod headcount;
pub mod health;
pub mod instance;
mod listing;
mod meaning;
mod memory;
mod observation;
mod observe;
mod pace;
mod polls;
mod question;
mod reason;
mod rule;
mod steady;
pub mod steps;
mod suspend;
mod tally;
mod target;
#[cfg(test)]
mod tests;
pub mod text;

pub use budgets::Budgets;
pub use conditions::{ConditionType, Conditions, Truth};
pub use decide::decide;
pub use digest::hex;
pub use event::Event;
pub use facts::{Fact, Facts};
pub use fingerprint::fingerprint;
pub use headcount::Headcount;
pub use listing::LIST_BYTES;
pub use meaning::{ListDigest, meaning_of};
pub use memory::{Memory, Untold, Written, WrittenList};
pub use observation::{Observation, ObservedGroup, ObservedInstance, ObservedSidecar};
pub use pace::{Attempt, Failure, FailureClass, Pace};
pub use question::{Decision, Input, Meta, Settings};
pub use reason::{EventType, Reason};
pub use rule::Rule;
pub use target::Target;
