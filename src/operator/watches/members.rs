//! The watches with the label of a set, and what their changes mean to it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Watches;
use crate::api::Health;
use crate::domain::set::SetWatch;
use crate::operator::watched::{Watched, id_of};
use crate::poll::{SetId, WatchId};

/// A watch with the label of a set.
#[derive(Debug)]
pub(in crate::operator) struct Member {
    name: Arc<str>,
    watch: Arc<Watched>,
    health: Option<Health>,
}

impl Member {
    /// Its name.
    pub(in crate::operator) fn name(&self) -> &str {
        &self.name
    }

    /// It as its set has to know it.
    pub(in crate::operator) fn as_set_watch(&self) -> Option<SetWatch<'_>> {
        let membership = self.watch.membership.as_deref()?;
        Some(SetWatch { name: &self.name, membership, health: self.health })
    }
}

impl Watches {
    /// Stores what a set has applied, until the watch stream brings that or what is newer.
    pub(in crate::operator) fn store_applied(&self, watch: Watched) {
        let mut watches = self.lock();
        let id = id_of(&watch);
        // It may be gone by now: then nothing would ever end it here. What is not gone, the watch stream brings.
        if !watches.contains_key(&id) && watch.version() <= Some(self.gone.load(Ordering::Relaxed)) {
            return;
        }
        let known = watches.entry(id.clone()).or_default();
        let before = known.newest().cloned();
        if before.as_ref().is_none_or(|before| watch.is_newer_than(before)) {
            known.own_write = Some(Arc::new(watch));
            self.note_change(&id, before.as_deref(), known.newest().map(Arc::as_ref));
        }
    }

    /// The watches with the label of a set.
    pub(in crate::operator) fn members(&self, set: &SetId) -> Vec<Member> {
        let watches = self.lock();
        let in_namespace = watches.iter().filter(|(id, _)| id.namespace == set.namespace);
        let members = in_namespace.filter_map(|(id, known)| {
            let watch = known.newest()?;
            let is_member = watch.membership.as_ref().is_some_and(|membership| *membership.set == *set.name);
            let health = known.account.health;
            is_member.then(|| Member { name: id.name.clone(), watch: watch.clone(), health })
        });
        members.collect()
    }

    /// Whether a watch without the label of this set has a name.
    pub(in crate::operator) fn is_taken(&self, set: &SetId, name: &str) -> bool {
        let id = WatchId { namespace: set.namespace.clone(), name: name.into() };
        let watches = self.lock();
        let watch = watches.get(&id).and_then(|known| known.newest());
        watch.is_some_and(|watch| watch.membership.as_ref().is_none_or(|one| *one.set != *set.name))
    }

    /// Notes for sets what a change means to them. Our own writes of statuses change nothing.
    pub(super) fn note_change<'a>(
        &self,
        id: &WatchId,
        before: Option<&'a Watched>,
        after: Option<&'a Watched>,
    ) {
        let Some(sets) = &self.sets else { return };
        let membership = |watch: Option<&'a Watched>| watch.map(|watch| watch.membership.as_deref());
        let (was, is) = (membership(before), membership(after));
        if was == is {
            return;
        }
        for membership in [was, is].into_iter().flatten() {
            match membership {
                Some(membership) => sets.note_watch(&id.namespace, &membership.set),
                None => sets.note_name(&id.namespace),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::api::{SET_LABEL, TEMPLATE_ANNOTATION};
    use crate::operator::sets::Changes;
    use crate::operator::watches::Current;

    /// A store with sets, its changes, and the set of which `member` makes watches.
    fn with_sets() -> (Watches, Arc<Changes>, SetId) {
        let changes = Arc::new(Changes::default());
        let set = SetId { namespace: "team-a".into(), name: "all".into() };
        (Watches::with_sets(changes.clone()), changes, set)
    }

    fn member(version: &str, template: &str, health: &str) -> Watched {
        let metadata = json!({
            "name": "all-shop", "namespace": "team-a", "uid": "w-1", "resourceVersion": version,
            "labels": {SET_LABEL: "all"}, "annotations": {TEMPLATE_ANNOTATION: template},
        });
        let (spec, status) = (json!({"appId": "app-1"}), json!({"health": health}));
        serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": status})).unwrap()
    }

    fn by_hand(version: &str) -> Watched {
        let metadata = json!({"name": "shop", "namespace": "team-a", "resourceVersion": version});
        serde_json::from_value(json!({"metadata": metadata, "spec": {"appId": "app-1"}})).unwrap()
    }

    fn templates(watches: &Watches, set: &SetId) -> Vec<String> {
        let template = |member: &Member| {
            member.as_set_watch().unwrap().membership.template.as_deref().unwrap_or_default().to_owned()
        };
        watches.members(set).iter().map(template).collect()
    }

    #[test]
    fn a_watch_of_a_set_is_stored_with_what_the_set_compares_only_where_sets_are_used() {
        let (watches, _, set) = with_sets();
        watches.store(member("1", "a", "Healthy"));
        watches.store(by_hand("2"));
        assert_eq!(templates(&watches, &set), ["a"]);
        let others = [("team-a", "other"), ("team-b", "all")];
        for (namespace, name) in others {
            assert_eq!(watches.members(&SetId { namespace: namespace.into(), name: name.into() }).len(), 0);
        }
        let without = Watches::default();
        let (id, _) = without.store(member("1", "a", "Healthy"));
        assert!(without.stored(&id).unwrap().membership.is_none());
    }

    #[test]
    fn what_a_set_applied_counts_until_the_watch_stream_has_it() {
        let (watches, _, set) = with_sets();
        watches.store_applied(member("5", "b", "Healthy"));
        assert_eq!(templates(&watches, &set), ["b"], "the watch stream has not brought it yet");
        // A status that was written before, which comes in late.
        let (id, _) = watches.store(member("4", "a", "Healthy"));
        assert_eq!(templates(&watches, &set), ["b"]);
        // A reconcile that began before puts back what it took.
        let current = watches.current(&id, Arc::new(member("4", "a", "Healthy")), Timestamp::UNIX_EPOCH);
        watches.keep(&id, Current { watch: Arc::new(member("4", "a", "Healthy")), ..current });
        assert_eq!(templates(&watches, &set), ["b"]);
        watches.store(member("5", "b", "Healthy"));
        watches.store(member("6", "c", "Healthy"));
        assert_eq!(templates(&watches, &set), ["c"]);
        watches.store_applied(member("5", "b", "Healthy"));
        assert_eq!(templates(&watches, &set), ["c"], "a response that comes in late");
        watches.forget(&id);
        assert_eq!(templates(&watches, &set), [""; 0]);
    }

    #[test]
    fn a_response_that_comes_in_after_the_end_of_a_watch_does_not_bring_it_back() {
        let (watches, _, set) = with_sets();
        let (id, _) = watches.store(member("5", "a", "Healthy"));
        watches.forget(&id);
        watches.store_applied(member("5", "a", "Healthy"));
        assert_eq!(templates(&watches, &set), [""; 0], "the set would never make it again");
        watches.store_applied(member("9", "b", "Healthy"));
        assert_eq!(templates(&watches, &set), ["b"], "another one of its name");
    }

    #[test]
    fn a_set_is_due_when_its_watches_change_and_not_when_their_status_is_written() {
        let (watches, changes, set) = with_sets();
        let is_due = || changes.next().now_or_never().is_some_and(|changed| changed.concerns(&set));
        let (id, _) = watches.store(member("1", "a", "Healthy"));
        assert!(is_due(), "it appears");
        watches.store(member("2", "a", "Unhealthy"));
        assert!(!is_due(), "a status is written");
        watches.store(member("3", "b", "Unhealthy"));
        assert!(is_due(), "it changes");
        for (health, is_new) in
            [(Health::Unhealthy, true), (Health::Unhealthy, false), (Health::Healthy, true)]
        {
            watches.note_shown(&id, true, Some(health));
            assert_eq!(is_due(), is_new, "{health:?}");
        }
        watches.forget(&id);
        assert!(is_due(), "it is gone");
        let (other, _) = watches.store(by_hand("4"));
        assert!(is_due(), "a name is taken");
        watches.forget(&other);
        assert!(is_due(), "a name is free");
    }
}
