//! One attempt at one target: which calls it takes to have a whole answer (contract §4 and §6).

use std::collections::{BTreeMap, BTreeSet};

use super::caller::Caller;
use super::groups::Tally;
use super::halt::Halt;
use super::plan::{Answer, Plan};
use crate::domain::{Failure, FailureClass, ObservedGroup, ObservedInstance, Reason, Target};
use crate::sae::{Api, Listing, joined, needs_status};

/// Asks until the answer is whole.
pub(super) async fn attempt<A: Api>(caller: &mut Caller<A>, plan: Plan) -> Result<Answer, Halt> {
    let target = &plan.target;
    let (mut groups_read, mut is_second_thought) = (plan.groups.is_none(), false);
    let mut groups = match plan.groups {
        Some(groups) => groups,
        None => caller.groups(target).await?.into(),
    };
    let mut lists = Lists { read: BTreeMap::new(), known_differences: plan.differences, calls: 0 };
    let tally = loop {
        match lists.complete(caller, target, &groups).await {
            // The groups may have changed since they were read, be it in this poll.
            Err(Halt::Failed { failure, .. }) if is_invalid(&failure) && !is_second_thought => {
                let fresh = caller.groups(target).await?;
                (groups_read, is_second_thought) = (true, true);
                if ids(&fresh) == ids(&groups) {
                    return Err(Halt::Failed { failure, hint: None });
                }
                groups = fresh.into();
                continue;
            }
            other => other?,
        }
        let tally = Tally::of(target, &groups, &lists.of(&groups));
        if groups_read || !tally.is_surprising(plan.last.as_ref()) {
            break tally;
        }
        groups = caller.groups(target).await?.into();
        groups_read = true;
    };
    let (calls, differences) = (lists.calls, lists.differences());
    let instances = lists.into_those_of(&groups);
    let stopped = needs_status(target, &groups, &instances) && caller.is_stopped(target).await?;
    Ok(Answer { groups, instances, stopped, tally, groups_read, calls, differences })
}

/// The lists of instances read so far, by group.
struct Lists {
    read: BTreeMap<String, Listing<ObservedInstance>>,
    known_differences: BTreeMap<String, i64>,
    calls: u32,
}

impl Lists {
    /// Reads the groups that were not read yet.
    async fn complete<A: Api>(
        &mut self,
        caller: &mut Caller<A>,
        target: &Target,
        groups: &[ObservedGroup],
    ) -> Result<(), Halt> {
        for group in groups {
            if !self.read.contains_key(&group.id) {
                let difference = self.known_differences.get(&group.id).copied();
                let (listing, calls) = caller.instances(target, &group.id, difference).await?;
                self.calls += calls;
                self.read.insert(group.id.clone(), listing);
            }
        }
        Ok(())
    }

    /// All instances of these groups.
    fn of(&self, groups: &[ObservedGroup]) -> Vec<&ObservedInstance> {
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
}

fn ids(groups: &[ObservedGroup]) -> BTreeSet<&str> {
    groups.iter().map(|group| group.id.as_str()).collect()
}

fn is_invalid(failure: &Failure) -> bool {
    failure.class == FailureClass::Permanent(Reason::InvalidSpec)
}
