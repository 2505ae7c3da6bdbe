//! The checksum that people see: whether two answers say the same of the instances.

use sha2::{Digest as _, Sha256};

use super::text::hex;
use crate::api::InstanceStatus;

/// The checksum of one instance.
pub type Checksum = [u8; 32];

/// A checksum of the instances with these checksums, in hex; their order does not matter. 64 bits are enough: it is
/// compared with one other value, and shown to people.
pub fn revision(instances: impl IntoIterator<Item = Checksum>) -> String {
    let mut sums: Vec<Checksum> = instances.into_iter().collect();
    sums.sort_unstable();
    hex(&Sha256::digest(sums.as_flattened())[..8])
}

/// The checksum of an instance. The names of fields are part of it, so that no two different instances write the same
/// bytes.
pub fn checksum(instance: &InstanceStatus) -> Checksum {
    Sha256::digest(serde_json::to_vec(instance).unwrap_or_default()).into()
}
