//! Checksums that say whether two answers, or two lists, mean the same.

use sha2::{Digest as _, Sha256};

use super::listing::in_order;
use super::{ObservedInstance, ObservedSidecar};
use crate::api::{InstanceStatus, SaeAppWatchStatus};

/// A checksum of every field of every instance but messages and times, in hex; the order of the answer does not
/// matter. 64 bits are enough: it is compared with one other value, and shown to people.
pub fn revision(instances: &[ObservedInstance]) -> String {
    let mut sums: Vec<[u8; 32]> = instances.iter().map(instance_sum).collect();
    sums.sort_unstable();
    let mut sum = Sha256::new();
    for one in sums {
        sum.update(one);
    }
    hex(&sum.finalize()[..8])
}

fn instance_sum(instance: &ObservedInstance) -> [u8; 32] {
    let ObservedInstance {
        id,
        group_id,
        container,
        main,
        health,
        restarts,
        ip,
        eip,
        v_switch_id,
        image,
        package_version,
        created_at: _,
        finished_at: _,
        debug,
        traffic_status,
        sidecars,
        tags,
        message: _,
    } = instance;
    let mut sum = Sha256::new();
    let mut field = |text: Option<&str>| {
        // The length first, so that no two different instances write the same bytes.
        sum.update(text.map_or(u64::MAX, |t| t.len() as u64).to_le_bytes());
        sum.update(text.unwrap_or_default());
    };
    field(Some(id));
    for text in
        [group_id, container, main, health, ip, eip, v_switch_id, image, package_version, traffic_status]
    {
        field(text.as_deref());
    }
    field(restarts.map(|r| r.to_string()).as_deref());
    field(debug.map(|d| if d { "true" } else { "false" }));
    // How many, so that sidecars are never taken for tags.
    field(Some(&sidecars.len().to_string()));
    for ObservedSidecar { id, status, image } in in_order(sidecars) {
        for text in [id, status, image] {
            field(text.as_deref());
        }
    }
    for (key, value) in in_order(tags) {
        field(Some(key));
        field(Some(value));
    }
    sum.finalize().into()
}

/// What a list of the status says: with the messages, and without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListDigest {
    /// Of every field but the message. A moved message alone is no reason to write (contract §2).
    pub meaning: u64,
    /// Of every byte: whether somebody else wrote into the list.
    pub bytes: u64,
}

impl ListDigest {
    /// The digest of a list.
    pub fn of(list: &[InstanceStatus]) -> Self {
        let mut digest = Self::default();
        for instance in list {
            digest.add(instance);
        }
        digest
    }

    /// Makes the digest that of no list: what was read is none that this version would write.
    pub fn spoil(&mut self) {
        self.meaning = !self.meaning;
        self.bytes = !self.bytes;
    }

    /// Adds the next instance of a list that streams in.
    pub fn add(&mut self, instance: &InstanceStatus) {
        let without = InstanceStatus { message: None, ..instance.clone() };
        self.meaning = chain(self.meaning, &without);
        self.bytes = chain(self.bytes, instance);
    }
}

fn chain(before: u64, instance: &InstanceStatus) -> u64 {
    let mut sum = Sha256::new();
    sum.update(before.to_le_bytes());
    sum.update(serde_json::to_vec(instance).unwrap_or_default());
    number(&sum.finalize())
}

/// A checksum of what a status says: all but the list and the two times that a heartbeat moves. How long the
/// data stays fresh is part of it, so that a changed interval shows at once.
pub fn meaning_of(status: &SaeAppWatchStatus) -> u64 {
    let fresh_for = match (&status.observed_at, &status.stale_after) {
        (Some(observed), Some(stale)) => Some(stale.0.duration_since(observed.0).as_secs()),
        _ => None,
    };
    let lasting =
        SaeAppWatchStatus { observed_at: None, stale_after: None, instances: Vec::new(), ..status.clone() };
    let mut sum = Sha256::new();
    sum.update(serde_json::to_vec(&(lasting, fresh_for, status.observed_at.is_some())).unwrap_or_default());
    number(&sum.finalize())
}

/// The first 8 bytes of a checksum.
fn number(sum: &[u8]) -> u64 {
    sum.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
