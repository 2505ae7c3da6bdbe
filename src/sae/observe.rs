//! One look at a target, unpaced: its groups, every page of every group, and its status where that is needed.
//!
//! For people and programs that look now and then. The scheduler, which pays for every call, makes the same
//! calls by the same rules one by one.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::time::Duration;

use super::{Api, Class, Client, Error, GroupsCall, InstancesCall, Pages, StatusCall};
use crate::domain::{Observation, ObservedGroup, ObservedInstance, Target};

impl Client {
    /// Looks once. `timeout` is for each call. What SAE wants signed anew is asked once more; nothing else is.
    pub async fn observe(&self, target: &Target, timeout: Duration) -> Result<Observation, Error> {
        let mut groups = self.watched_groups(target, timeout).await?;
        let instances = match self.all_instances(target, &groups, timeout).await {
            // A group may have gone since: SAE then calls its id an invalid parameter.
            Err(error) if error.class == Class::Invalid => {
                let now = self.watched_groups(target, timeout).await?;
                if ids(&now) == ids(&groups) {
                    return Err(error);
                }
                groups = now;
                self.all_instances(target, &groups, timeout).await?
            }
            answered => answered?,
        };
        let stopped = needs_status(target, &groups, &instances)
            && signed_anew_once(async || self.is_stopped(&StatusCall::of(target), timeout).await).await?;
        Ok(Observation { at: self.now(), groups: groups.into(), instances, stopped })
    }

    async fn watched_groups(&self, target: &Target, timeout: Duration) -> Result<Vec<ObservedGroup>, Error> {
        let mut call = GroupsCall::first(target);
        let mut pages = Pages::new(None);
        loop {
            let groups = signed_anew_once(async || self.groups(&call, timeout).await).await?;
            match pages.take(groups)? {
                Some(next) => call.page = next,
                None => return watched(target, pages.finish().entries),
            }
        }
    }

    async fn all_instances(
        &self,
        target: &Target,
        groups: &[ObservedGroup],
        timeout: Duration,
    ) -> Result<Vec<ObservedInstance>, Error> {
        let mut lists = Vec::with_capacity(groups.len());
        for group in groups {
            let mut call = InstancesCall::first(target, &group.id);
            let mut pages = Pages::new(None);
            loop {
                let page = signed_anew_once(async || self.instances(&call, timeout).await).await?;
                match pages.take(page)? {
                    Some(next) => call.page = next,
                    None => break lists.push(pages.finish().entries),
                }
            }
        }
        Ok(joined(lists))
    }
}

/// Asks once, and once more if the client has put right what SAE refused: the time, the nonce or the token.
async fn signed_anew_once<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    match ask().await {
        Err(error) if error.class == Class::SignAnew => ask().await,
        answered => answered,
    }
}

/// The groups that a target watches, of those that SAE lists: the named ones, or all. A named group that is not
/// listed is an error of its own.
pub fn watched(target: &Target, listed: Vec<ObservedGroup>) -> Result<Vec<ObservedGroup>, Error> {
    let Some(named) = &target.groups else { return Ok(listed) };
    let listed_ids = ids(&listed);
    if let Some(missing) = named.iter().find(|name| !listed_ids.contains(name.as_str())) {
        return Err(Error::group_not_found(missing));
    }
    Ok(listed.into_iter().filter(|group| named.iter().any(|name| name.as_str() == group.id)).collect())
}

/// The instances of every group, one an id: a server that ignores the group lists them once for each.
pub fn joined<T: Borrow<ObservedInstance>>(mut lists: Vec<Vec<T>>) -> Vec<T> {
    if lists.len() == 1 {
        // Nearly always; and within one list no id stands twice.
        return lists.swap_remove(0);
    }
    let mut seen = HashSet::new();
    let mut is_new = |one: &ObservedInstance| one.id.is_empty() || seen.insert(one.id.clone());
    lists.into_iter().flatten().filter(|one| is_new(one.borrow())).collect()
}

/// Whether nothing runs though something should, so that only DescribeApplicationStatus tells a stopped
/// application from a dead one (contract §4).
pub fn needs_status(target: &Target, groups: &[ObservedGroup], instances: &[ObservedInstance]) -> bool {
    let is_wanted = match (&target.instance, &target.pipeline) {
        (Some(_), _) => true,
        (None, Some(_)) => false,
        (None, None) => {
            groups.iter().all(|group| group.replicas.is_some())
                && groups.iter().any(|group| group.replicas > Some(0))
        }
    };
    instances.is_empty() && is_wanted
}

fn ids(groups: &[ObservedGroup]) -> HashSet<&str> {
    groups.iter().map(|group| group.id.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: &str, replicas: Option<i64>) -> ObservedGroup {
        ObservedGroup { id: id.into(), name: None, replicas, image: None, package_version: None }
    }

    fn target(groups: Option<&[&str]>) -> Target {
        Target {
            region: "cn-hangzhou".parse().unwrap(),
            app: "app-1".parse().unwrap(),
            groups: groups.map(|ids| ids.iter().map(|id| id.parse().unwrap()).collect()),
            instance: None,
            pipeline: None,
        }
    }

    #[test]
    fn all_groups_are_watched_or_the_named_ones() {
        let listed = vec![group("a", None), group("b", None)];
        assert_eq!(watched(&target(None), listed.clone()).unwrap(), listed);
        assert_eq!(watched(&target(Some(&["b"])), listed).unwrap(), [group("b", None)]);
    }

    #[test]
    fn a_named_group_that_is_not_listed_is_an_error_of_its_own() {
        let error = watched(&target(Some(&["a", "gone"])), vec![group("a", None)]).unwrap_err();
        assert_eq!(error.class, Class::GroupNotFound);
        assert!(error.to_string().contains("gone"), "{error}");
    }

    #[test]
    fn the_status_is_asked_only_when_nothing_runs_and_something_should() {
        let one = [ObservedInstance::default()];
        let wants_two = [group("a", Some(0)), group("b", Some(2))];
        assert!(needs_status(&target(None), &wants_two, &[]));
        assert!(!needs_status(&target(None), &wants_two, &one));
        assert!(!needs_status(&target(None), &[group("a", Some(0))], &[]));
        assert!(!needs_status(&target(None), &[group("a", None)], &[]), "how many are wanted is unknown");
        assert!(!needs_status(&target(None), &[], &[]));
        let one_instance = Target { instance: Some("i".parse().unwrap()), ..target(None) };
        assert!(needs_status(&one_instance, &[], &[]));
        let one_batch = Target { pipeline: Some("p".parse().unwrap()), ..target(None) };
        assert!(!needs_status(&one_batch, &wants_two, &[]));
    }

    #[test]
    fn an_instance_listed_by_two_groups_is_one() {
        let list = |ids: &[&str]| -> Vec<ObservedInstance> {
            let named = |id: &&str| ObservedInstance { id: (*id).into(), ..ObservedInstance::default() };
            ids.iter().map(named).collect()
        };
        assert_eq!(joined(vec![list(&["a", "", ""]), list(&["b", "a"])]).len(), 4);
        assert_eq!(joined(vec![list(&["a", "", ""])]).len(), 3);
    }
}
