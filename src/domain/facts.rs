//! What the next decision needs of each instance, in 24 bytes.
//!
//! The store keeps no instance lists: ten thousand watches would cost gigabytes. It keeps these, taken from the
//! list while it streams in.

use std::sync::Arc;

use jiff::Timestamp;

use super::fingerprint::fingerprint;
use super::instance::{is_probe, stretch_of};
use super::text::{TEXT_BYTES, cleaned};
use crate::api::{InstanceState, InstanceStatus};

/// One instance, as the last status had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    id: u64,
    since: i64,
    restarts: u32,
    stretch: InstanceState,
    probed: bool,
}

/// The facts of all instances, sorted for the look-up. Clones share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Arc<[Fact]>);

impl Fact {
    /// The fact of a listed instance.
    pub fn of(instance: &InstanceStatus) -> Self {
        let stretch = stretch_of(instance.state, &instance.reason);
        let probed = is_probe(instance.health_status.as_deref());
        Self::new(&instance.id, instance.since.0, instance.restarts, stretch, probed)
    }

    /// The fact of an instance as SAE names it.
    pub(super) fn new(
        id: &str,
        since: Timestamp,
        restarts: Option<i64>,
        stretch: InstanceState,
        probed: bool,
    ) -> Self {
        // Above a number that SAE left out nothing can rise.
        let restarts = restarts.map_or(u32::MAX, |restarts| count(Some(restarts)));
        Self { id: hash(id), since: since.as_second(), restarts, stretch, probed }
    }

    /// Since when the instance has been in its stretch.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_second(self.since).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How often it had been restarted; the largest number there is where SAE did not say.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// The state it was in; one that was starting for too long was still starting.
    pub fn stretch(&self) -> InstanceState {
        self.stretch
    }

    /// Whether it had a health check.
    pub fn is_probed(&self) -> bool {
        self.probed
    }
}

impl Facts {
    /// What is known of the instance with this id.
    pub fn get(&self, id: &str) -> Option<&Fact> {
        let id = hash(id);
        self.0.get(self.0.partition_point(|fact| fact.id < id)).filter(|fact| fact.id == id)
    }

    /// All of them, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter()
    }

    /// Whether nothing is known of any instance.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Fact> for Facts {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut facts: Vec<Fact> = facts.into_iter().collect();
        // By everything, so that two instances of one id are found alike in whatever order they came.
        facts.sort_unstable();
        Self(facts.into())
    }
}

/// Restarts as a fact keeps them; nothing below 0 or above 4 billion is a count.
pub(super) fn count(restarts: Option<i64>) -> u32 {
    u32::try_from(restarts.unwrap_or(0).max(0)).unwrap_or(u32::MAX)
}

/// Of the id as a status shows it, so that SAE's own and the listed one are the same.
fn hash(id: &str) -> u64 {
    fingerprint(&cleaned(id, TEXT_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_takes_24_bytes() {
        assert_eq!(size_of::<Fact>(), 24);
    }
}
