//! `saewatch discover` as a person runs it: the binary as a process, against an SAE on loopback that tells its regions
//! apart, without a cluster.
#![cfg(test)]

mod golden;
mod hostile;
mod incomplete;
mod manifests;
mod misuse;
mod selection;
mod stage;
mod terminal;
