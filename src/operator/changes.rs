//! Which events of a watch stream ask for a look: those after which a user wants something else. Our own status writes
//! do not; the store hears of them, and that is enough.
//!
//! kube's predicates could tell, but they keep name, namespace and uid of each watch once more for it.

use std::collections::HashMap;

use kube::{Resource, ResourceExt};

use super::watched::{Watched, id_of};
use crate::domain::fingerprint;

/// What users wanted last, as two checksums a watch: of its name, and of what was wanted. That two names share one
/// has a chance of 1 in 10^11 with ten thousand watches, and would cost a look that comes with the next poll.
#[derive(Debug, Default)]
pub struct Changes(HashMap<u64, u64>);

impl Changes {
    /// Notes a watch as it is now; whether that is news.
    pub fn note(&mut self, watch: &Watched) -> bool {
        // Of the annotations only the one that asks for a poll is left; being deleted moves the generation.
        let wanted = fingerprint(&(watch.uid(), watch.meta().generation, watch.annotations()));
        self.0.insert(fingerprint(&id_of(watch)), wanted) != Some(wanted)
    }

    /// Forgets a watch that is gone.
    pub fn forget(&mut self, watch: &Watched) {
        self.0.remove(&fingerprint(&id_of(watch)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn watch(change: impl FnOnce(&mut Value)) -> Watched {
        let mut watch = json!({
            "metadata": {"name": "shop", "namespace": "team-a", "uid": "u-1", "generation": 1, "resourceVersion": "1"},
            "spec": {"appId": "app-1"},
        });
        change(&mut watch);
        serde_json::from_value(watch).unwrap()
    }

    #[test]
    fn a_new_spec_a_request_and_another_watch_of_the_name_are_news_and_a_status_is_not() {
        let mut changes = Changes::default();
        assert!(changes.note(&watch(|_| {})));
        let with_status = watch(|watch| {
            watch["status"] = json!({"health": "Healthy"});
            watch["metadata"]["resourceVersion"] = json!("2");
        });
        assert!(!changes.note(&with_status));
        for (field, value) in [
            ("generation", json!(2)),
            ("annotations", json!({"saewatch.dev/requested-at": "now"})),
            ("uid", json!("u-2")),
        ] {
            let changed = watch(|watch| watch["metadata"][field] = value);
            assert!(changes.note(&changed), "{field}");
            assert!(!changes.note(&changed), "{field}");
        }
    }

    #[test]
    fn who_comes_back_is_news() {
        let mut changes = Changes::default();
        changes.note(&watch(|_| {}));
        changes.forget(&watch(|_| {}));
        assert!(changes.note(&watch(|_| {})));
    }
}
