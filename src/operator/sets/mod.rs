//! SaeAppWatchSets: their watches are made and changed, and never deleted (contract §15.1).
//!
//! [`controller`] follows the resources (`stream`) and what changes for them (`changes`), and keeps what it knows of each
//! (`managed`). `reconcile` has the plan made and the status decided on. What is to be applied waits in
//! the `queue` of its set, and goes out one by one (`apply`) as the `pacer` allows. `taken` knows which names other watches
//! have.

mod apply;
mod changes;
mod controller;
mod managed;
mod object;
mod pacer;
mod queue;
mod reconcile;
mod stream;
mod taken;
#[cfg(test)]
mod tests;

pub(super) use changes::Changes;
pub(super) use controller::Controller;
