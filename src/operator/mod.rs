//! The only place that knows kube: watches resources, asks the decision, writes what it says.
//!
//! [`run`] wires it up. `controller` follows the watch streams, `trigger` says which of their events ask for a reconcile,
//! and `runner` turns those, and the polls' news, into reconciles (`queue` says whose turn it is). `reconcile` is one
//! look at one watch, `status` and `events` are the two things that are written, `schema` is what an older CRD does not
//! take of them, `watched` is what the store keeps of a resource (`stored` reads it, `packed` keeps it small), `watches`
//! what this process remembers of it, and `alarms` are when it looks again. `progress` says whether
//! the API server's lists are in, and `outage` reports once that it is out of reach.

mod alarms;
mod controller;
mod events;
mod follow;
pub mod leader;
mod outage;
mod packed;
mod progress;
mod queue;
mod reconcile;
mod runner;
mod schema;
mod status;
mod stored;
mod trigger;
mod watched;
mod watches;

pub use controller::{Scope, run};
pub use reconcile::Context;
