//! The quota: what the scheduler promises, in the virtual world.

mod groups;
mod laws;
mod memory;
mod order;
mod plan;
mod precheck;
mod restart;
mod trouble;
#[path = "../world/mod.rs"]
mod world;
