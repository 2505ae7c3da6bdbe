//! saewatch
#![forbid(unsafe_code)]
pub mod api;
pub mod domain;
pub mod poll;
pub mod sae;
pub mod operator;
