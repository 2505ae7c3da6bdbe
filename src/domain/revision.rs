//! The checksum that people see: whether two answers say the same of the instances.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::text::hex;
use crate::api::{InstanceStatus, Time};

/// A checksum of every field of every instance but messages and times, in hex; the order of the instances does not
/// matter. 64 bits are enough: it is compared with one other value, and shown to people.
pub fn revision<'a>(instances: impl IntoIterator<Item = &'a InstanceStatus>) -> String {
    let mut sums: Vec<[u8; 32]> = instances.into_iter().map(sum).collect();
    sums.sort_unstable();
    hex(&Sha256::digest(sums.as_flattened())[..8])
}

fn sum(instance: &InstanceStatus) -> [u8; 32] {
    let timeless = InstanceStatus {
        since: Time(Timestamp::UNIX_EPOCH),
        created_at: None,
        finished_at: None,
        message: None,
        ..instance.clone()
    };
    // The names of fields are part of it, so that no two different instances write the same bytes.
    Sha256::digest(serde_json::to_vec(&timeless).unwrap_or_default()).into()
}
