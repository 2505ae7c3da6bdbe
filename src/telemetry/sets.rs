//! Whether SaeAppWatchSets can be listed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::SETS_UNAVAILABLE;

/// Whether the SaeAppWatchSets of each watched namespace can be listed; an empty name is all namespaces. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sets(Arc<Mutex<BTreeMap<String, bool>>>);

impl Sets {
    /// Begins anew, as a replica that does not lead: it lists no sets.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Notes whether the sets of a namespace can be listed.
    pub(crate) fn list(&self, namespace: &str, is_possible: bool) {
        self.lock().insert(namespace.to_owned(), is_possible);
    }

    /// Every change is one insertion, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for Sets {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let namespaces = self.lock();
        if namespaces.is_empty() {
            return Ok(());
        }
        let is_unavailable = namespaces.values().any(|is_possible| !is_possible);
        SETS_UNAVAILABLE.gauge(&mut encoder, u32::from(is_unavailable))
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    fn scraped(sets: &Sets) -> Vec<String> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(sets.clone()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn sets_are_unavailable_while_those_of_any_namespace_cannot_be_listed() {
        let sets = Sets::default();
        assert_eq!(scraped(&sets), [""; 0]);
        sets.list("team-a", true);
        sets.list("team-b", false);
        assert_eq!(scraped(&sets), ["saewatch_sets_unavailable 1"]);
        sets.list("team-b", true);
        assert_eq!(scraped(&sets), ["saewatch_sets_unavailable 0"]);
        sets.clear();
        assert_eq!(scraped(&sets), [""; 0]);
    }
}
