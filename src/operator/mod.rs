//! The only place that knows kube: watches resources, asks the decision, writes what it says.
//!
//! [`run`] wires it up. `controller` turns the watch stream and the polls' news into reconciles, `reconcile`
//! is one look at one watch, `status` and `events` are the two things that are written, `schema` is what an older CRD
//! does not take of them, `watched` is what the store keeps of a resource (`stored` reads it, `packed` keeps it
//! small), and `watches` what this process remembers of it; `alarms` are when it looks again, `changes` what makes
//! it look at once, `progress` whether its lists are in, and `owners` tell who wrote what of a status.

mod alarms;
mod changes;
pub mod cluster;
mod controller;
mod departures;
mod events;
mod follow;
pub mod leader;
mod owners;
mod packed;
mod progress;
mod reconcile;
mod schema;
mod status;
mod stored;
mod wants;
mod watched;
mod watches;

pub use controller::{Scope, run};
pub use reconcile::Context;
pub use watched::Watched;
