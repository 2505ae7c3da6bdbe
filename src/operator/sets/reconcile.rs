//! One reconcile of one set: what its lists and watches say, what is to be applied, what its status says.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::apply::{Applied, Outcome, effect};
use super::controller::Controller;
use super::managed::Managed;
use super::taken::TakenNames;
use crate::api::{AccountName, Health, RegionId, SaeAppWatchSet, SaeAppWatchSetSpec, SaeAppWatchSetStatus};
use crate::domain::set::{
    Apply, PlanInput, ReadyMemory, RegionLists, SetDecision, SetInput, SetWatch, decide_set, manifest, plan,
};
use crate::domain::{Access, Admission};
use crate::operator::context::Context;
use crate::operator::report::{Report, Reported};
use crate::poll::{ListNewsSender, Polls, SetId};

/// How long a set rests for which nothing can be said: what it waits for makes it due.
const REST: Duration = Duration::from_mins(10);

/// What holds for a set now.
struct Circumstances {
    access: Access,
    /// The scheduler that lists for it, if SAE may be asked.
    polls: Option<Polls>,
    lists: BTreeMap<RegionId, RegionLists>,
}

impl Controller {
    pub(super) fn reconcile(&mut self, id: &SetId) {
        let now = self.context.now();
        let is_listed = self.changes.is_listed(&id.namespace);
        let Some(set) = self.sets.get_mut(id) else { return };
        set.storing.due = Instant::now() + REST;
        if set.object.is_deleting() {
            set.read_lists(id, None, &self.list_news.0);
            set.queue.replace(Vec::new());
            return;
        }
        // Without all of its watches it would apply everything again.
        if !is_listed {
            return;
        }
        let Some(circumstances) = set.read(id, &self.context, &self.list_news.0) else { return };
        set.reconciled = Some(Instant::now());
        let members = self.context.watches.members(id);
        let watches = members.iter().filter_map(|member| Some((member.name(), member.as_set_watch()?)));
        let watches: BTreeMap<_, _> = watches.collect();
        set.plan(id, &circumstances, &watches, &self.context, now);
        if let Some((memory, report)) = set.decide(&circumstances, &watches, &self.context, now) {
            set.storing.begin();
            let write = report.write(self.context.clone(), self.context.metrics.set_crd.clone());
            self.writes.push(Box::pin(async move { (memory, write.await) }));
        }
        // What is planned is queued now, and kept once.
        set.plan.apply = Vec::new();
    }

    pub(super) fn note_applied(&mut self, applied: Applied) {
        let Applied { set: id, set_uid, name, outcome } = applied;
        let now = Instant::now();
        // It is stored, whatever has become of the set.
        let effect = match &outcome {
            Outcome::Stored(_, effect) => Some(*effect),
            _ => None,
        };
        if let Some(set) = self.sets.get_mut(&id).filter(|set| set.object.uid() == set_uid) {
            match &outcome {
                Outcome::Stored(..) => {
                    set.queue.succeed(&name);
                    set.applied.extend(effect.map(|effect| (name, effect)));
                }
                Outcome::Taken => {
                    set.queue.leave(&name);
                    set.invisible.insert(name, now);
                }
                Outcome::Conflict => set.queue.fail(&name, None, now),
                Outcome::Failed(error) => {
                    if set.queue.failure().is_none() {
                        tracing::warn!(set = %id, error, "a watch cannot be applied; trying again");
                    }
                    set.queue.fail(&name, Some(error.clone()), now);
                }
            }
        }
        if let Outcome::Stored(watch, _) = outcome {
            self.context.watches.store_applied(*watch);
        }
        self.make_due(&id);
    }

    pub(super) fn note_report(&mut self, (memory, reported): (ReadyMemory, Reported<SaeAppWatchSet>)) {
        let object = &reported.report.object;
        // A namesake that was created meanwhile has writes of its own.
        let set = self.sets.get_mut(&object.id()).filter(|set| set.object.uid() == object.uid());
        let Some(set) = set else { return };
        if let Some(stored) = set.storing.note(reported, &set.object) {
            set.memory = memory;
            set.update(stored, self.scope.label_selector.as_ref());
        }
    }
}

impl Managed {
    /// What holds for it now; has the lists read that it needs. `None` while it is not known which accounts there are.
    fn read(&mut self, id: &SetId, context: &Context, news: &ListNewsSender) -> Option<Circumstances> {
        let spec = self.spec.clone();
        let account =
            spec.as_ref().ok().and_then(|spec| spec.account_ref.as_ref()).map(|account| &account.name);
        let (access, polls) = look_up(account, self, id, context)?;
        let may_list =
            spec.as_ref().is_ok_and(|spec| !spec.suspend) && access.admission == Admission::Granted;
        let regions = spec.as_ref().map(|spec| regions(spec, &access)).unwrap_or_default();
        let polls = polls.filter(|_| may_list && !regions.is_empty());
        self.read_lists(id, polls.as_ref().map(|polls| (polls, regions.iter().cloned().collect())), news);
        let lists = |region: RegionId| {
            let lists = polls.as_ref().map(|polls| polls.lists(&region)).unwrap_or_default();
            (region, lists)
        };
        let lists = regions.into_iter().map(lists).collect();
        Some(Circumstances { access, polls, lists })
    }

    /// Plans, if SAE may be asked; else what was planned last stays, and nothing is applied.
    fn plan(
        &mut self,
        id: &SetId,
        circumstances: &Circumstances,
        watches: &BTreeMap<&str, SetWatch<'_>>,
        context: &Context,
        now: Timestamp,
    ) {
        let Some(spec) = self.spec.as_ref().ok().filter(|_| circumstances.polls.is_some()) else {
            self.queue.replace(Vec::new());
            self.plan.memory = self.plan.memory.paused(&self.object.read_status().orphans);
            return;
        };
        self.invisible.forget_old(Instant::now());
        let status = self.object.read_status();
        self.plan = plan(&PlanInput {
            name: &id.name,
            uid: self.object.uid(),
            spec,
            regions: &circumstances.lists,
            watches,
            taken: &TakenNames { set: id, watches: &context.watches, invisible: &self.invisible },
            known_orphans: &status.orphans,
            memory: &self.plan.memory,
            now,
        });
        self.applied.retain(|name, _| watches.contains_key(name.as_str()));
        let ineffective: Vec<String> = self.ineffective(id, watches);
        let mut wanted = self.plan.apply.clone();
        wanted.retain(|apply| !ineffective.contains(&apply.name));
        self.queue.replace(wanted);
        for name in ineffective {
            self.queue.give_up(&name);
        }
    }

    /// The watches that the plan applies again as they were applied before, though nothing has changed since: one more
    /// apply would do nothing. A webhook may have changed what was applied, or an older CRD dropped a field.
    fn ineffective(&self, id: &SetId, watches: &BTreeMap<&str, SetWatch<'_>>) -> Vec<String> {
        let Ok(spec) = &self.spec else { return Vec::new() };
        let manifest = |apply: &Apply| manifest(&id.namespace, &id.name, self.object.uid(), spec, apply);
        let is_ineffective = |apply: &&Apply| {
            let (applied, watch) = (self.applied.get(&apply.name), watches.get(apply.name.as_str()));
            applied
                .zip(watch)
                .is_some_and(|(applied, watch)| *applied == effect(manifest(apply), watch.membership))
        };
        self.plan.apply.iter().filter(is_ineffective).map(|apply| apply.name.clone()).collect()
    }

    /// Decides on its status. Returns what is to be written, and remembered once it is stored.
    fn decide(
        &mut self,
        circumstances: &Circumstances,
        watches: &BTreeMap<&str, SetWatch<'_>>,
        context: &Context,
        now: Timestamp,
    ) -> Option<(ReadyMemory, Report<SaeAppWatchSet>)> {
        let last = self.object.read_status();
        let decision = decide_set(&SetInput {
            generation: self.object.generation(),
            uid: self.object.uid(),
            spec: self.spec.as_deref().map_err(String::as_str),
            last: &last,
            access: &circumstances.access,
            regions: &circumstances.lists,
            plan: &self.plan,
            watches: count(self.object.uid(), watches),
            apply_failure: self.queue.failure(),
            has_untried_applies: self.queue.names().any(|name| !self.applied.contains_key(name)),
            memory: self.memory,
            written: self.storing.written,
            known_since: self.known_since,
            heartbeat: context.settings.heartbeat,
            now,
        });
        self.storing.due = Instant::now() + decision.wake.unsigned_abs();
        let SetDecision { write, event, memory, wake: _ } = decision;
        // With an event alone, what is stored is to stay.
        let status = match write {
            Some(wanted) => Some(wanted).filter(|it| !self.storing.was_tried(it, &self.object.status)),
            None => event.is_some().then(|| last.clone()),
        };
        let Some(status) = status else {
            self.memory = memory;
            return None;
        };
        let has_rest = has_other_counts(&last, &status);
        let (object, failures) = (self.object.clone(), self.storing.failures);
        Some((memory, Report { object, status, event, has_rest, failures, now }))
    }
}

/// Whether SAE may be asked for a set, and who asks; `None` while it is not known which accounts there are.
fn look_up(
    account: Option<&AccountName>,
    set: &Managed,
    id: &SetId,
    context: &Context,
) -> Option<(Access, Option<Polls>)> {
    if set.spec.is_err() {
        // It cannot be read which account is meant.
        return Some((Access::own(context.settings.default_region.clone()), None));
    }
    let generation = set.object.generation();
    let lookup = context.accounts.look_up(account, &id.namespace, generation, &context.own_polls)?;
    Some((lookup.access, lookup.polls))
}

/// The regions whose applications a set means.
fn regions(spec: &SaeAppWatchSetSpec, access: &Access) -> Vec<RegionId> {
    match &spec.region_ids {
        Some(regions) => regions.iter().cloned().collect(),
        None => access.default_region.iter().cloned().collect(),
    }
}

/// How many watches a set owns, and how many of those are Degraded or Unhealthy.
fn count(uid: &str, watches: &BTreeMap<&str, SetWatch<'_>>) -> (usize, usize) {
    let owned = watches.values().filter(|watch| watch.membership.controller.as_deref() == Some(uid));
    let is_unwell =
        |watch: &&SetWatch<'_>| matches!(watch.health, Some(Health::Degraded | Health::Unhealthy));
    (owned.clone().count(), owned.filter(is_unwell).count())
}

/// Whether two statuses differ in more than their conditions.
fn has_other_counts(last: &SaeAppWatchSetStatus, status: &SaeAppWatchSetStatus) -> bool {
    let (conditions, observed_generation) = (last.conditions.clone(), last.observed_generation);
    SaeAppWatchSetStatus { conditions, observed_generation, ..status.clone() } != *last
}
