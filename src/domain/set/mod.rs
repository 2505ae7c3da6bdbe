//! The rules of a SaeAppWatchSet (contract §15.1): which applications have a watch, what each watch is to say, and what
//! the status of the set says.
//!
//! `list` is what is known of the applications of a region, and `membership` what a watch says of its set. `plan` makes of
//! both, which are its `input`, what is to be applied (`apply`) and which watches are orphans: `selection` says which
//! applications are meant, `names` how their watches are called, `drift` which watches do not say what the set names, and
//! `orphans` counts lists. `manifest` is what is applied. `judge` chooses the row of the table, `state` is that row, and
//! `decide` puts it into the status and the events, for which `ready_memory` remembers what no status stores.

mod apply;
mod decide;
mod drift;
mod input;
mod judge;
mod list;
mod manifest;
mod membership;
mod names;
mod orphans;
mod plan;
mod ready_memory;
mod selection;
mod state;

pub use apply::Apply;
pub use decide::{SetDecision, SetInput, decide_set};
pub use input::{PlanInput, Taken};
pub use list::{ListedApp, RegionList, RegionLists};
pub use manifest::manifest;
pub use membership::{Membership, SetWatch, Texts};
pub use names::manifest_name;
pub use orphans::SetMemory;
pub use plan::{Plan, plan};
pub use ready_memory::ReadyMemory;
pub use selection::selects;
