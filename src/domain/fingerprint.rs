//! A number that stands for something longer.

use std::hash::{BuildHasher, Hash};

use foldhash::quality::FixedState;

/// A number that stands for something which is only compared, within one process. That two things share one has a
/// chance of 1 in 2^64.
pub fn fingerprint(of: &impl Hash) -> u64 {
    FixedState::default().hash_one(of)
}

/// The same for things in whatever order.
pub fn fingerprint_unordered(of: &[impl Hash]) -> u64 {
    of.iter().map(fingerprint).fold(0, u64::wrapping_add)
}
