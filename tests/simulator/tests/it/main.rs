//! What a client of the simulator sees, tested over the wire.
#![allow(unreachable_pub, reason = "a test crate has no outside")]

mod client;
mod operations;
