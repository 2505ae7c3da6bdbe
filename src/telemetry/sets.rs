//! Whether SaeAppWatchSets can be listed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::SETS_UNAVAILABLE;

/// Whether the SaeAppWatchSets of each watched namespace can be listed, or why not; an empty name is all namespaces. Clones
/// share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sets(Arc<Mutex<BTreeMap<String, Result<(), String>>>>);

impl Sets {
    /// Begins anew, as a replica that does not lead: it lists no sets.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Notes whether the sets of a namespace can be listed, or why not.
    pub(crate) fn list(&self, namespace: &str, outcome: Result<(), String>) {
        self.lock().insert(namespace.to_owned(), outcome);
    }

    /// Why sets cannot be listed, in a sentence for each namespace.
    pub(super) fn troubles(&self) -> Vec<String> {
        let namespaces = self.lock();
        let problems = namespaces.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().err()?)));
        let sentence = |(name, problem): (&String, &String)| {
            let of = if name.is_empty() { String::new() } else { format!(" of namespace {name}") };
            format!("SaeAppWatchSets{of} are not used: {problem}")
        };
        problems.map(sentence).collect()
    }

    /// Every change is one insertion, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Result<(), String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Sets {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let namespaces = self.lock();
        if namespaces.is_empty() {
            return Ok(());
        }
        let is_unavailable = namespaces.values().any(Result::is_err);
        SETS_UNAVAILABLE.gauge(&mut encoder, u32::from(is_unavailable))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::scraped;
    use super::*;

    #[test]
    fn sets_are_unavailable_while_those_of_any_namespace_cannot_be_listed() {
        let sets = Sets::default();
        assert_eq!(scraped(sets.clone()), [""; 0]);
        sets.list("team-a", Ok(()));
        sets.list("team-b", Err("no".to_owned()));
        assert_eq!(scraped(sets.clone()), ["saewatch_sets_unavailable 1"]);
        sets.list("team-b", Ok(()));
        assert_eq!(scraped(sets.clone()), ["saewatch_sets_unavailable 0"]);
        sets.clear();
        assert_eq!(scraped(sets.clone()), [""; 0]);
    }
}
