//! What a client of the simulator sees, tested over the wire.
#![cfg(test)]
#![allow(unreachable_pub, reason = "a test crate has no outside")]

mod accounts;
mod availability;
mod binary;
mod client;
mod control;
mod faults;
mod fixtures;
mod history;
mod identity;
mod life;
mod list;
mod metadata;
mod operations;
mod quota_and_log;
mod sts;
mod tls;
