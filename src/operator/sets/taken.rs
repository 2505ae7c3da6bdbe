//! Which names other watches have.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::set::Taken;
use crate::operator::watches::Watches;
use crate::poll::SetId;

/// How long a name counts as taken by a watch that the operator does not follow: its end is not seen.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Names that watches have which the label selector of the operator leaves out, and until when that counts.
#[derive(Debug, Default)]
pub(super) struct InvisibleNames(BTreeMap<String, Instant>);

impl InvisibleNames {
    /// Notes that such a watch has a name.
    pub(super) fn insert(&mut self, name: String, now: Instant) {
        self.0.insert(name, now + REMEMBERED);
    }

    /// Forgets those that were noted long ago.
    pub(super) fn forget_old(&mut self, now: Instant) {
        self.0.retain(|_, until| *until > now);
    }
}

/// The names that one set cannot use.
#[derive(Debug)]
pub(super) struct TakenNames<'a> {
    pub(super) set: &'a SetId,
    pub(super) watches: &'a Watches,
    pub(super) invisible: &'a InvisibleNames,
}

impl Taken for TakenNames<'_> {
    fn is_taken(&self, name: &str) -> bool {
        self.invisible.0.contains_key(name) || self.watches.is_taken(self.set, name)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::api::SET_LABEL;
    use crate::operator::sets::Changes;

    #[test]
    fn a_name_is_taken_by_watches_without_the_label_of_the_set() {
        let watches = Watches::with_sets(Arc::new(Changes::default()));
        let store = |namespace: &str, name: &str, labels: Value| {
            let metadata =
                json!({"name": name, "namespace": namespace, "resourceVersion": "1", "labels": labels});
            watches.store(serde_json::from_value(json!({"metadata": metadata, "spec": {}})).unwrap());
        };
        store("team-a", "by-hand", json!({}));
        store("team-a", "of-other", json!({SET_LABEL: "other"}));
        store("team-a", "own", json!({SET_LABEL: "all"}));
        store("team-b", "elsewhere", json!({}));
        let set = SetId { namespace: "team-a".into(), name: "all".into() };
        let (now, mut invisible) = (Instant::now(), InvisibleNames::default());
        invisible.insert("unseen".into(), now);
        let taken = |invisible: &InvisibleNames| {
            let names = TakenNames { set: &set, watches: &watches, invisible };
            ["by-hand", "of-other", "own", "elsewhere", "free", "unseen"].map(|name| names.is_taken(name))
        };
        assert_eq!(taken(&invisible), [true, true, false, false, false, true]);
        invisible.forget_old(now + REMEMBERED);
        assert_eq!(taken(&invisible), [true, true, false, false, false, false]);
    }
}
