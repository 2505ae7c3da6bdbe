//! A number that stands for something longer.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A number that stands for something which is only compared, within one process: there the standard hasher without
/// keys gives the same each time. That two things share one has a chance of 1 in 2^64.
pub fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
