//! One poll of a target: its groups, every page of every group, and its status where that is needed (contract §4 and §6).

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::ask::{AskError, Asker, Gate};
use super::pages::Listing;
use super::{Api, Class, Error, GroupsCall, InstancesCall, StatusCall};
use crate::domain::{Headcount, ObservedGroup, ObservedInstance, Target};

/// What is known of a target before it is polled. Nothing, by default.
#[derive(Debug, Default)]
pub struct Known {
    /// The groups, unless they are to be read anew.
    pub groups: Option<Arc<[ObservedGroup]>>,
    /// The headcount of the last poll.
    pub headcount: Option<Headcount>,
    /// By how much SAE's count of a group differed from its list in the last poll.
    pub differences: BTreeMap<String, i64>,
}

/// A whole answer about a target.
#[derive(Debug)]
pub struct Walked {
    /// The watched groups.
    pub groups: Arc<[ObservedGroup]>,
    /// Their instances, one an id.
    pub instances: Vec<ObservedInstance>,
    /// Whether SAE calls the application STOPPED; asked only when nothing runs and something should.
    pub stopped: bool,
    /// How many instances there are and should be.
    pub headcount: Headcount,
    /// Whether the groups were read in this poll.
    pub groups_read: bool,
    /// Calls for pages of instances: what the next poll will cost.
    pub calls: u32,
    /// By how much SAE's count of a group still differs from its list.
    pub differences: BTreeMap<String, i64>,
}

impl<A: Api, G: Gate> Asker<A, G> {
    /// Asks until the answer is whole.
    pub async fn walk(&mut self, target: &Target, known: Known) -> Result<Walked, AskError<G::Closed>> {
        let Known { groups, headcount: last, differences } = known;
        let (mut groups_read, mut is_second_thought) = (groups.is_none(), false);
        let mut groups = match groups {
            Some(groups) => groups,
            None => self.watched_groups(target).await?,
        };
        let mut lists = Lists { read: BTreeMap::new(), known_differences: differences };
        let headcount = loop {
            match self.complete(&mut lists, target, &groups).await {
                // The groups may have changed since they were read, be it in this poll: SAE then calls the id of one
                // that is gone an invalid parameter.
                Err(AskError::Failed(error)) if error.class == Class::Invalid && !is_second_thought => {
                    let fresh = self.watched_groups(target).await?;
                    (groups_read, is_second_thought) = (true, true);
                    if ids(&fresh) == ids(&groups) {
                        return Err(error.into());
                    }
                    groups = fresh;
                    continue;
                }
                completed => completed?,
            }
            let headcount = Headcount::new(target, &groups, &lists.instances_of(&groups));
            if groups_read || !headcount.is_surprising(last.as_ref()) {
                break headcount;
            }
            groups = self.watched_groups(target).await?;
            groups_read = true;
        };
        let (calls, differences) = (lists.calls(), lists.differences());
        let instances = lists.into_those_of(&groups);
        let stopped = needs_status(target, &groups, &instances) && self.ask(&StatusCall::new(target)).await?;
        Ok(Walked { groups, instances, stopped, headcount, groups_read, calls, differences })
    }

    async fn watched_groups(&mut self, target: &Target) -> Result<Arc<[ObservedGroup]>, AskError<G::Closed>> {
        let listed = self.list(GroupsCall::first(target), |call| &mut call.page, None, |_| {}).await?.entries;
        Ok(watched(target, listed)?.into())
    }

    /// Reads the lists of the groups that were not read yet.
    async fn complete(
        &mut self,
        lists: &mut Lists,
        target: &Target,
        groups: &[ObservedGroup],
    ) -> Result<(), AskError<G::Closed>> {
        for ObservedGroup { id, .. } in groups {
            if !lists.read.contains_key(id) {
                let difference = lists.known_differences.get(id).copied();
                let listing = self
                    .list(InstancesCall::first(target, id), |call| &mut call.page, difference, |_| {})
                    .await?;
                lists.read.insert(id.clone(), listing);
            }
        }
        Ok(())
    }
}

/// The lists of instances read so far, by group.
struct Lists {
    read: BTreeMap<String, Listing<ObservedInstance>>,
    known_differences: BTreeMap<String, i64>,
}

impl Lists {
    /// All instances of these groups.
    fn instances_of(&self, groups: &[ObservedGroup]) -> Vec<&ObservedInstance> {
        let lists = groups.iter().filter_map(|group| self.read.get(&group.id));
        joined(lists.map(|list| list.entries.iter().collect()).collect())
    }

    /// The same, when nothing else is to be known of the lists.
    fn into_those_of(mut self, groups: &[ObservedGroup]) -> Vec<ObservedInstance> {
        let lists = groups.iter().filter_map(|group| self.read.remove(&group.id));
        joined(lists.map(|list| list.entries).collect())
    }

    /// By how much each group's count still differed from its list.
    fn differences(&self) -> BTreeMap<String, i64> {
        let read = self.read.iter();
        read.filter_map(|(group, listing)| Some((group.clone(), listing.difference?))).collect()
    }

    fn calls(&self) -> u32 {
        self.read.values().map(|listing| listing.pages).sum()
    }
}

/// The groups that a target watches, of those that SAE lists: the named ones, or all. A named group that is not
/// listed is an error of its own.
fn watched(target: &Target, listed: Vec<ObservedGroup>) -> Result<Vec<ObservedGroup>, Error> {
    let Some(named) = &target.groups else { return Ok(listed) };
    let listed_ids = ids(&listed);
    if let Some(missing) = named.iter().find(|name| !listed_ids.contains(name.as_str())) {
        return Err(Error::group_not_found(missing));
    }
    Ok(listed.into_iter().filter(|group| named.iter().any(|name| name.as_str() == group.id)).collect())
}
/// The instances of every group, one an id: a server that ignores the group lists them once for each.
fn joined<T: Borrow<ObservedInstance>>(mut lists: Vec<Vec<T>>) -> Vec<T> {
    if lists.len() == 1 {
        // Nearly always; and within one list no id stands twice.
        return lists.swap_remove(0);
    }
    let mut seen = HashSet::new();
    let mut is_new = |one: &ObservedInstance| one.id.is_empty() || seen.insert(one.id.clone());
    lists.into_iter().flatten().filter(|one| is_new(one.borrow())).collect()
}

/// Whether nothing runs though something should, so that only DescribeApplicationStatus distinguishes a
/// stopped application from a dead one (contract §4).
fn needs_status(target: &Target, groups: &[ObservedGroup], instances: &[ObservedInstance]) -> bool {
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

fn ids(groups: &[ObservedGroup]) -> BTreeSet<&str> {
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
            account: None,
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
