//! The rules, pure: no async, no clock, no client, no log line.

mod observation;
mod pace;
mod reason;
pub mod steps;
mod target;

pub use observation::{Observation, ObservedGroup, ObservedInstance, ObservedSidecar};
pub use pace::{Attempt, Failure, FailureClass, Pace};
pub use reason::Reason;
pub use target::Target;
