//! The crate `regex-lite` under the name `regex`, for crates that know only that name: see `[patch.crates-io]` of the
//! workspace.
#![forbid(unsafe_code)]

pub use regex_lite::*;
