//! What a user sees: the binary as a process, a real API server, a real kubectl, and an SAE that behaves as
//! documented.
#![cfg(test)]

mod account_kills;
mod accounts;
mod accounts_unavailable;
mod agreement;
mod audit;
mod bad_input;
mod by_the_clock;
mod columns;
mod crd;
mod damage;
mod diagnosis;
mod diagnosis_kills;
mod diagnosis_trouble;
mod diagnosis_walk;
mod discover;
mod durations;
mod gate;
mod gitops;
#[path = "../chart/judges.rs"]
#[allow(dead_code, reason = "what judges the chart judges nothing here")]
mod judges;
mod kills;
mod leader;
mod metrics;
mod names;
mod namespaces;
mod offline;
mod pages;
mod picture;
mod plugin;
mod probe;
mod quota;
mod refusals;
mod release;
mod resource;
mod rights;
#[path = "../support/running.rs"]
mod running;
mod set_accounts;
mod sets;
mod size;
mod story;
mod support;
mod targets;
mod untold;
mod walk;
