//! The quota: what the scheduler promises, in the virtual world.
#![cfg(test)]

mod accounts;
mod budget;
mod diagnoses;
mod diagnosis_laws;
mod groups;
mod hints;
mod laws;
mod memory;
mod name_laws;
mod names;
mod order;
mod other_ids;
mod plan;
mod precheck;
mod restart;
mod set_list_laws;
mod set_lists;
mod set_load;
mod shortage;
mod sweep_laws;
mod trouble;
#[path = "../world/mod.rs"]
mod world;

use std::sync::Arc;

use world::app::{App, Apps, Change};
use world::operator::{Operator, Watch};
use world::sae::{Fault, Sae};

/// A watch that is not polled once a minute, so that its region is swept.
fn slow(app: usize) -> Watch {
    Watch { interval: world::mins(5), ..Watch::new(app) }
}

/// An operator at 30 calls a minute with a watch for each application.
fn operator(apps: Vec<App>, script: Vec<Change>, faults: Vec<Fault>) -> Operator {
    let watches = 0..apps.len();
    let sae = Sae::new(Apps::new(apps, script)).with_faults(faults);
    let mut operator = Operator::start(Arc::new(sae), 30, plan::Plan::steady());
    operator.watch_all(watches.map(Watch::new));
    operator
}
