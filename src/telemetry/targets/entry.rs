//! What the table keeps of a watch, packed: with 6,000 instances each byte an instance counts.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::listing::{ListedInstance, Listing};
use super::port::parse_port;
use crate::api::{Health, InstanceState};

/// What the table keeps of a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry<'a> {
    /// Its labels, in their order.
    #[serde(borrow)]
    pub(super) labels: Vec<(&'a str, &'a str)>,
    pub(super) port: Port,
    pub(super) account: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) app: Option<&'a str>,
    pub(super) app_id: Option<&'a str>,
    pub(super) health: Option<Health>,
    /// When the newest answer came, in seconds of the Unix time.
    pub(super) observed_at: Option<i64>,
    /// Whether the stored conditions say that it has no targets.
    pub(super) is_withheld: bool,
    /// Its groups with their instances, in their order.
    pub(super) groups: Vec<Group<'a>>,
}

/// The instances of one group, or those without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group<'a> {
    pub(super) id: Option<&'a str>,
    #[serde(borrow)]
    pub(super) instances: Vec<Instance<'a>>,
}

/// One instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instance<'a> {
    pub(super) ip: std::net::IpAddr,
    pub(super) state: InstanceState,
    /// How many bytes of its id are those of the one before: ids of a group begin alike.
    pub(super) shared: u16,
    /// The rest of its id.
    pub(super) rest: &'a str,
}

/// What the annotation of a watch says of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Port {
    /// There is no annotation.
    Unnamed,
    /// It names this port.
    Named(NonZeroU16),
    /// It is no port.
    Invalid,
}

/// An [`Entry`] as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// Packs what a watch says.
    pub(super) fn new(listing: &Listing) -> Self {
        let mut instances: Vec<&ListedInstance> = listing.instances.iter().collect();
        instances.sort_unstable();
        let entry = Entry {
            labels: listing.labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            port: Port::new(listing.scrape_port.as_deref()),
            account: listing.account.as_deref(),
            region: listing.region.as_deref(),
            app: listing.app.as_deref(),
            app_id: listing.app_id.as_deref(),
            health: listing.health,
            observed_at: listing.observed_at.map(jiff::Timestamp::as_second),
            is_withheld: listing.is_withheld,
            groups: instances.chunk_by(|one, next| one.group == next.group).map(Group::new).collect(),
        };
        // Only a type that serde cannot count beforehand could fail.
        Self(postcard::to_allocvec(&entry).unwrap_or_default().into())
    }

    /// What was packed; `None` if nothing was.
    pub(super) fn entry(&self) -> Option<Entry<'_>> {
        postcard::from_bytes(&self.0).ok()
    }

    /// How many bytes it takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

impl<'a> Group<'a> {
    /// Of instances of one group, in their order.
    fn new(of: &[&'a ListedInstance]) -> Self {
        let mut before = "";
        let instances = of.iter().map(|listed| {
            let shared = shared_bytes(std::mem::replace(&mut before, &listed.id), &listed.id);
            let ListedInstance { id, ip, state, group: _ } = *listed;
            Instance { ip: *ip, state: *state, shared, rest: &id[usize::from(shared)..] }
        });
        Self { instances: instances.collect(), id: of.first().and_then(|first| first.group.as_deref()) }
    }
}

impl Port {
    fn new(annotation: Option<&str>) -> Self {
        annotation.map_or(Self::Unnamed, |text| parse_port(text).map_or(Self::Invalid, Self::Named))
    }
}

/// How many bytes two texts begin with alike, in whole characters.
fn shared_bytes(one: &str, other: &str) -> u16 {
    let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
    let bytes: usize = alike.map(|(c, _)| c.len_utf8()).sum();
    // An id has at most 256 bytes; a longer one that somebody wrote by hand shares nothing.
    u16::try_from(bytes).unwrap_or(0)
}
