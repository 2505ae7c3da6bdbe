//! SaeAccounts: which there are, whose their keys are, and what their watches may ask (contract §11).
//!
//! [`controller`] follows the resources and what STS says (`verifier`), and keeps what it knows of each (`managed`).
//! `update` says what follows from all of that. `report` decides on the statuses. What a reconcile of a watch needs
//! stands in the `directory`. Each account that is verified has a scheduler of its own (`serving`).

mod controller;
mod directory;
mod managed;
mod object;
mod report;
mod serving;
#[cfg(test)]
mod tests;
mod update;
mod verifier;

pub(super) use controller::Controller;
pub use controller::Settings;
pub use directory::Directory;
pub(super) use directory::Lookup;
