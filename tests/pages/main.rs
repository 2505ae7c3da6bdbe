//! The pages: what is made from the code is as the code has it, links lead somewhere, words in backticks exist, and
//! every command that can run here does what its page shows.
#![cfg(test)]

mod commands;
mod forms;
mod fragments;
mod health;
mod help;
mod links;
mod markdown;
mod output;
mod pages;
mod picture;
mod plugin;
mod quota;
mod resource;
mod rights;
mod runbook;
mod stage;
mod tables;
mod versions;
mod words;
#[path = "../world/mod.rs"]
mod world;
