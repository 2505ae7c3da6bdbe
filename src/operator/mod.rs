//! The only place that knows the resources in Kubernetes: watches them, decides, writes.
//!
//! [`run`] wires it up.
//!
//! # Layout
//! * `controller` follows the watch streams (`follow`); `trigger` finds the events after which a reconcile is due,
//!   `progress` whether the lists are in, `outage` what to report of a stream that fails
//! * `runner` runs reconciles for those events, for the polls' news and for `wakeups`; `queue` is the order
//! * `reconcile` is one reconcile of one watch, with what `context` holds and a `visit` reads; its `Visit::subscribe` says
//!   whose polls the watch uses, which are those of the one account
//! * `status` and `events` are the two things that are written, with `diagnosis`, what SAE says of an unwell application,
//!   as a third; `schema` finds what an older CRD does not take of them
//! * `storing` is when the status of an account or a set is stored; `report` stores one, after its event
//! * `watches` is the store, with what this process knows of each watch beside; `watched` is what is kept of a resource
//!   (`deserialize` reads it, `packed` keeps it small); `targets` is what of it goes into the table for Prometheus, and
//!   `streamed` both together; `object` is a resource of another kind

mod accounts;
mod backoff;
mod context;
mod controller;
mod deserialize;
mod diagnosis;
mod events;
mod follow;
mod object;
mod outage;
mod packed;
mod progress;
mod queue;
mod reconcile;
mod report;
mod runner;
mod schema;
mod sets;
mod status;
mod storing;
mod streamed;
mod targets;
mod trigger;
mod visit;
mod wakeups;
mod watched;
mod watches;

pub use accounts::{Directory, Settings as AccountSettings};
pub use context::Context;
pub use controller::{Scope, run};
