//! The providers against captured requests of the official SDKs, and against servers that fail.

mod captured;
mod metadata_faults;
mod refused;
