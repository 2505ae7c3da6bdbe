//! The rules of a SaeAppWatchSet (contract §15.1): which applications have a watch, what each watch is to say, and what
//! the status of the set says.
//!
//! `list` is what is known of the applications of a region, and `membership` what a watch says of its set. `plan` makes of
//! both what is to be applied and which watches are orphans; `manifest` is what is applied; `decide` puts all of it into
//! the status and the events.

mod decide;
mod list;
mod manifest;
mod membership;
mod name;
mod plan;

pub use decide::{SetDecision, SetInput, decide_set};
pub use list::{ListedApp, RegionList, RegionLists};
pub use manifest::manifest;
pub use membership::{Membership, SetWatch};
pub use name::{app_suffix, manifest_name};
pub use plan::{Apply, Plan, PlanInput, SetMemory, Taken, plan};
