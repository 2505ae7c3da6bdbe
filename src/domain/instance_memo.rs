//! What the next decision needs of each instance, in 24 bytes.
//!
//! The store keeps no instance lists: ten thousand watches would cost gigabytes. It keeps these, taken from the
//! list while it streams in.

use std::sync::Arc;

use jiff::Timestamp;

use super::fingerprint::fingerprint;
use super::instance::{episode_of, is_probe};
use super::text::{TEXT_BYTES, cleaned};
use crate::api::{InstanceState, InstanceStatus};

/// One instance, as the last status had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstanceMemo {
    id: u64,
    since: i64,
    restarts: u32,
    episode: InstanceState,
    probed: bool,
}

/// The memos of all instances, sorted for binary search. Clones share them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceMemos(Arc<[InstanceMemo]>);

impl From<&InstanceStatus> for InstanceMemo {
    fn from(instance: &InstanceStatus) -> Self {
        Self {
            id: hash(&instance.id),
            since: instance.since.0.as_second(),
            // Above a number that SAE left out nothing can rise.
            restarts: instance.restarts.map_or(u32::MAX, |restarts| count(Some(restarts))),
            episode: episode_of(instance.state, &instance.reason),
            probed: is_probe(instance.health_status.as_deref()),
        }
    }
}

impl InstanceMemo {
    /// Since when the instance has been in its episode.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_second(self.since).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// How often it had been restarted; the largest number there is where SAE did not say.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// The state it was in; one that was starting for too long was still starting.
    pub fn episode(&self) -> InstanceState {
        self.episode
    }

    /// Whether it had a health check.
    pub fn is_probed(&self) -> bool {
        self.probed
    }
}

impl InstanceMemos {
    /// What is known of the instance with this id.
    pub fn get(&self, id: &str) -> Option<&InstanceMemo> {
        let id = hash(id);
        self.0.get(self.0.partition_point(|memo| memo.id < id)).filter(|memo| memo.id == id)
    }

    /// All of them, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = &InstanceMemo> {
        self.0.iter()
    }

    /// Whether nothing is known of any instance.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<InstanceMemo> for InstanceMemos {
    fn from_iter<I: IntoIterator<Item = InstanceMemo>>(memos: I) -> Self {
        let mut memos: Vec<InstanceMemo> = memos.into_iter().collect();
        // By everything, so that two instances of one id are found alike in whatever order they came.
        memos.sort_unstable();
        Self(memos.into())
    }
}

/// Restarts as a memo keeps them; nothing below 0 or above 4 billion is a count.
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
    fn a_memo_takes_24_bytes() {
        assert_eq!(size_of::<InstanceMemo>(), 24);
    }
}
