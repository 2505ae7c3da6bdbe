//! SaeAccounts: which there are, whose their keys are, and what their watches may ask (contract §11).
//!
//! [`controller`] follows the resources and what STS says (`verifier`), keeps what it knows of each (`managed`) and
//! writes their status (`report`). What a reconcile of a watch needs of it stands in the `directory`. Each account that
//! is verified has a scheduler of its own (`serving`).

mod controller;
mod directory;
mod managed;
mod object;
mod report;
mod serving;
mod verifier;

pub(super) use controller::Controller;
pub use controller::Settings;
pub use directory::Directory;
pub(super) use directory::Lookup;
