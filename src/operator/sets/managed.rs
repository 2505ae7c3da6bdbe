//! What this process knows of one set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use kube::core::{Selector, SelectorExt};
use tokio::time::Instant;

use super::object::SetObject;
use super::queue::Queue;
use super::taken::InvisibleNames;
use crate::api::{RegionId, SET_LABEL, SaeAppWatchSetSpec, SaeAppWatchSetStatus};
use crate::domain::set::{Plan, ReadyMemory};
use crate::operator::storing::Storing;
use crate::poll::{ListNewsSender, Polls, SetId};

/// One set.
#[derive(Debug)]
pub(super) struct Managed {
    /// As it is stored: the newer of what the watch stream brought and what this process wrote.
    pub(super) object: Arc<SetObject>,
    /// What the team declares; or what of it cannot be read, or contradicts the operator's flags.
    pub(super) spec: Result<Arc<SaeAppWatchSetSpec>, String>,
    /// Since when this process knows it.
    pub(super) known_since: Timestamp,
    /// Whose lists it reads, and of which regions.
    reading: Option<Reading>,
    /// What the newest decision remembers that is stored.
    pub(super) memory: ReadyMemory,
    /// What followed from the newest lists and watches.
    pub(super) plan: Plan,
    /// What is still to be applied.
    pub(super) queue: Queue,
    /// Names that watches have which the operator does not follow.
    pub(super) invisible: InvisibleNames,
    /// For each watch that this process applied since the spec is this one: a checksum of what was applied and of what the API server stored for it.
    pub(super) applied: BTreeMap<String, u64>,
    /// When it was reconciled last.
    pub(super) reconciled: Option<Instant>,
    /// How its status is stored; it is decided on when the set is reconciled.
    pub(super) storing: Storing<SaeAppWatchSetStatus>,
}

/// Which lists a set reads.
#[derive(Debug, PartialEq)]
struct Reading {
    polls: Polls,
    regions: BTreeSet<RegionId>,
}

impl Managed {
    pub(super) fn new(object: SetObject, selector: Option<&Selector>, now: Timestamp) -> Self {
        Self {
            spec: spec(&object, selector),
            object: Arc::new(object),
            known_since: now,
            memory: ReadyMemory::new(now),
            reading: None,
            plan: Plan::default(),
            queue: Queue::default(),
            invisible: InvisibleNames::default(),
            applied: BTreeMap::new(),
            reconciled: None,
            storing: Storing::new(),
        }
    }

    /// Takes in what the watch stream brought, or what a write gave. An older version than the known one says nothing,
    /// nor does the same one again.
    pub(super) fn update(&mut self, object: Arc<SetObject>, selector: Option<&Selector>) {
        let is_known = self.object.metadata.resource_version == object.metadata.resource_version;
        if is_known || self.object.is_newer_than(&object) {
            return;
        }
        let is_same_spec = (self.object.generation(), self.object.is_deleting())
            == (object.generation(), object.is_deleting());
        self.spec = spec(&object, selector);
        self.object = object;
        // Also for a label alone: a write of the status may have failed for it.
        self.storing.due = Instant::now();
        if !is_same_spec {
            // Planned for another spec, or for a set that was not being deleted.
            self.queue.begin_anew(Instant::now());
            self.applied.clear();
        }
    }

    /// Has these lists read for it, or none, in the place of those that it read before.
    pub(super) fn read_lists(
        &mut self,
        id: &SetId,
        wanted: Option<(&Polls, BTreeSet<RegionId>)>,
        news: &ListNewsSender,
    ) {
        let wanted = wanted.map(|(polls, regions)| Reading { polls: polls.clone(), regions });
        if self.reading == wanted {
            return;
        }
        if let Some(before) = &self.reading
            && wanted.as_ref().is_none_or(|wanted| wanted.polls != before.polls)
        {
            before.polls.read_lists(id, BTreeSet::new(), news);
        }
        if let Some(Reading { polls, regions }) = &wanted {
            polls.read_lists(id, regions.clone(), news);
        }
        self.reading = wanted;
    }
}

fn spec(object: &SetObject, selector: Option<&Selector>) -> Result<Arc<SaeAppWatchSetSpec>, String> {
    let spec = object.spec()?;
    let Some(selector) = selector else { return Ok(Arc::new(spec)) };
    let mut labels = spec.template.metadata.labels.clone();
    labels.insert(SET_LABEL.to_owned(), object.id().name.to_string());
    if selector.matches(&labels) {
        return Ok(Arc::new(spec));
    }
    Err(format!(
        "template.metadata.labels do not match the operator's --watch-label-selector {selector}: it would not see the watches"
    ))
}

#[cfg(test)]
mod tests {
    use kube::core::Expression;
    use serde_json::{Value, json};
    use tokio::time::Duration;

    use super::*;
    use crate::operator::report::{Outcome, Report, Reported};

    #[test]
    fn a_template_whose_watches_the_operator_would_not_see_is_refused() {
        let object = |labels: Value| -> SetObject {
            let template = json!({"metadata": {"labels": labels}});
            let metadata = json!({"name": "all", "namespace": "team-a"});
            serde_json::from_value(json!({"metadata": metadata, "spec": {"template": template}})).unwrap()
        };
        let selector = Selector::from(Expression::Equal("team".into(), "shop".into()));
        assert!(spec(&object(json!({"team": "shop"})), Some(&selector)).is_ok());
        assert!(spec(&object(json!({})), None).is_ok());
        for labels in [json!({}), json!({"team": "pay"})] {
            let problem = spec(&object(labels), Some(&selector)).unwrap_err();
            assert!(problem.contains("--watch-label-selector team=shop"), "{problem}");
        }
        let of_set = Selector::from(Expression::Exists(SET_LABEL.into()));
        assert!(spec(&object(json!({})), Some(&of_set)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_a_label_has_overtaken_is_decided_anew_when_the_label_is_here() {
        let object = |version: &str| -> SetObject {
            let metadata = json!({"name": "all", "generation": 1, "resourceVersion": version});
            serde_json::from_value(json!({"metadata": metadata, "spec": {}})).unwrap()
        };
        let mut set = Managed::new(object("1"), None, Timestamp::UNIX_EPOCH);
        let report = Report {
            object: set.object.clone(),
            status: SaeAppWatchSetStatus::default(),
            event: None,
            has_rest: false,
            failures: 0,
            now: Timestamp::UNIX_EPOCH,
        };
        set.storing.note(Reported { report, outcome: Outcome::Overtaken }, &set.object);
        let mut due_after = |version: &str| {
            set.update(Arc::new(object(version)), None);
            set.storing.due.saturating_duration_since(Instant::now())
        };
        assert_eq!(due_after("1"), Duration::from_secs(60));
        assert_eq!(due_after("2"), Duration::ZERO);
    }
}
