//! A checksum that says whether two answers mean the same.

use sha2::{Digest as _, Sha256};

use super::listing::in_order;
use super::{ObservedInstance, ObservedSidecar};

/// A checksum of every field of every instance but messages and times, in hex; the order of the answer does not
/// matter. 64 bits are enough: it is compared with one other value, and shown to people.
pub fn revision(instances: &[ObservedInstance]) -> String {
    let mut bytes = Vec::new();
    let mut sums: Vec<[u8; 32]> = instances
        .iter()
        .map(|instance| {
            bytes.clear();
            write(instance, &mut bytes);
            Sha256::digest(&bytes).into()
        })
        .collect();
    sums.sort_unstable();
    let mut sum = Sha256::new();
    for one in sums {
        sum.update(one);
    }
    hex(&sum.finalize()[..8])
}

/// Writes what counts of an instance.
fn write(instance: &ObservedInstance, bytes: &mut Vec<u8>) {
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
    let mut field = |text: Option<&str>| {
        // The length first, so that no two different instances write the same bytes.
        bytes.extend_from_slice(&text.map_or(u64::MAX, |t| t.len() as u64).to_le_bytes());
        bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
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
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        hex.extend([byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)])));
    }
    hex
}
