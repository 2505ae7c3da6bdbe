//! `saewatch check` as a person runs it: the binary as a process, against an SAE on loopback, without a cluster. And what
//! the plugin of kubectl says without SAE, of an API server that is none.
#![cfg(test)]

mod api_server;
mod exits;
mod explain;
mod golden;
mod manifests;
mod misuse;
mod named;
mod offline;
mod passed_over;
mod profile;
mod reference;
#[path = "../support/running.rs"]
mod running;
mod stage;
mod tree;
mod troubles;
mod watch;
mod why;
