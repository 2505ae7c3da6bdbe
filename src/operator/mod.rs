//! The only place that knows kube: watches resources, asks the decision, writes what it says.
//!
//! [`run`] wires it up. `controller` turns the watch stream and the polls' news into reconciles (`trigger` says which
//! events ask for one), `reconcile` is one look at one watch, `status` and `events` are the two things that are written,
//! `schema` is what an older CRD does not take of them, `watched` is what the store keeps of a resource (`stored` reads
//! it, `packed` keeps it small), `watches` what this process remembers of it, and `alarms` are when it looks again.

mod alarms;
pub mod cluster;
mod controller;
mod events;
mod follow;
pub mod leader;
mod packed;
mod reconcile;
mod schema;
mod status;
mod stored;
mod trigger;
mod watched;
mod watches;

pub use controller::{Scope, run};
pub use reconcile::Context;
pub use watched::Watched;
