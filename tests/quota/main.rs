//! The quota: what the scheduler promises, in the virtual world.
#![cfg(test)]
#![allow(clippy::unchecked_time_subtraction, reason = "calls are in the order of their times")]

mod laws;
mod plan;
#[path = "../world/mod.rs"]
mod world;
