//! The quota: one scheduler that spends the account's calls where they tell most.

mod want;

pub use want::{Attention, Want, WatchId};
