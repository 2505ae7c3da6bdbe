//! Which watches a set applies, and which of them are orphans.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::apply::Apply;
use super::drift::is_as_named;
use super::input::PlanInput;
use super::manifest::Checksums;
use super::membership::{Membership, SetWatch};
use super::names::is_named_for;
use super::orphans::SetMemory;
use super::selection::Selected;
use crate::api::{AppId, RegionId};

/// What follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What is to be applied, the most important first.
    pub apply: Vec<Apply>,
    /// The names of orphans, sorted.
    pub orphans: Vec<String>,
    /// How many applications are selected.
    pub applications: usize,
    /// Of those, how many are beyond the limit.
    pub omitted: usize,
    /// The names that other watches have, sorted.
    pub conflicts: Vec<String>,
    /// What the next plan is to remember.
    pub memory: SetMemory,
}

/// Who has the name that the watch of an application would have.
#[derive(Debug, Clone, Copy)]
enum Holder<'a> {
    /// No watch.
    Free,
    /// The watch of the application, which the set owns.
    Own,
    /// The watch of the application, left by a set of this name that was deleted without its watches.
    Left(&'a Membership),
    /// Another watch, which is left alone.
    Other,
}

/// Plans.
///
/// New applications go first: a changed watch is still watched, and one that is not there is not. Then the watches of a
/// former set of this name, then those that do not say what the set names.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let mut selected = input.held();
    // A stable sort: those with a watch stay in their order, and so do the others.
    selected.sort_by_key(|(holder, _)| !holder.is_watch_of_it());
    let owned = input.owned();
    let memory = input.next_memory(&owned, &selected);
    let applications = selected.len();
    let within = applications.min(usize::try_from(input.spec.limit).unwrap_or_default());
    let (apply, conflicts) = input.applies(&selected[..within], &owned);
    Plan { apply, orphans: memory.orphans(), applications, omitted: applications - within, conflicts, memory }
}

/// A watch that a set owns.
#[derive(Debug)]
struct Owned<'a> {
    name: &'a str,
    membership: &'a Membership,
    /// The region of its application; `None` where the watch is not one that a set makes.
    region: Option<&'a RegionId>,
}

impl<'a> PlanInput<'a> {
    /// What is to be applied, and the names that others have.
    fn applies(
        &self,
        selected: &[(Holder<'_>, Selected<'_>)],
        owned: &[Owned<'_>],
    ) -> (Vec<Apply>, Vec<String>) {
        let (mut apply, mut left, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        let mut new = BTreeSet::new();
        for (holder, one) in selected {
            match holder {
                // The checksum in a name is short: that of another application may be the same.
                Holder::Free if !new.insert(&one.watch) => conflicts.push(one.watch.clone()),
                Holder::Free => apply.push(one.apply(None)),
                Holder::Left(watch) if !watch.is_deleting => left.push(one.apply(Some(watch))),
                Holder::Left(_) | Holder::Own => {}
                Holder::Other => conflicts.push(one.watch.clone()),
            }
        }
        apply.append(&mut left);
        apply.extend(self.changed(owned));
        conflicts.sort_unstable();
        (apply, conflicts)
    }

    /// The applications that are selected, each with the holder of the name of its watch.
    ///
    /// An application keeps the watch that it has: it may be called otherwise than when that was made, or a list may
    /// leave its name out, and a second watch would poll it twice.
    fn held(&self) -> Vec<(Holder<'a>, Selected<'a>)> {
        let mut by_app: BTreeMap<&AppId, Vec<&str>> = BTreeMap::new();
        for SetWatch { name, membership, .. } in self.watches.values() {
            if let Some(app) = &membership.app {
                by_app.entry(app).or_default().push(name);
            }
        }
        let hold = |one: Selected<'a>| {
            let Selected { region, app, watch } = &one;
            let holder = self.holder(watch, &app.id);
            if holder.is_watch_of_it() {
                return (holder, one);
            }
            let names = by_app.get(&app.id).into_iter().flatten();
            let mut holders = names.filter(|name| is_named_for(name, region, &app.id)).map(|name| {
                let holder = self.holder(name, &app.id);
                (holder, Selected { watch: (*name).to_owned(), region, app })
            });
            holders.find(|(holder, _)| holder.is_watch_of_it()).unwrap_or((holder, one))
        };
        self.selected().into_iter().map(hold).collect()
    }

    /// Who has the name of a watch of this application.
    fn holder(&self, watch: &str, app: &AppId) -> Holder<'a> {
        let Some(SetWatch { membership, .. }) = self.watches.get(watch) else {
            return if self.taken.is_taken(watch) { Holder::Other } else { Holder::Free };
        };
        match membership.controller.as_deref() {
            _ if membership.app.as_ref() != Some(app) => Holder::Other,
            Some(uid) if uid == self.uid => Holder::Own,
            Some(_) => Holder::Other,
            None => Holder::Left(membership),
        }
    }

    /// The watches that the set owns, by their names.
    fn owned(&self) -> Vec<Owned<'a>> {
        let is_owned = |watch: &&SetWatch<'a>| watch.membership.controller.as_deref() == Some(self.uid);
        let watches = self.watches.values().filter(is_owned);
        watches
            .map(|&SetWatch { name, membership, .. }| Owned {
                name,
                membership,
                region: self.region(name, membership),
            })
            .collect()
    }

    /// The region of the application of a watch. Its name says it even after a change by hand.
    fn region(&self, name: &str, watch: &'a Membership) -> Option<&'a RegionId> {
        let app = watch.app.as_ref()?;
        let named = self.regions.keys();
        watch.region.iter().chain(named).find(|region| is_named_for(name, region, app))
    }

    fn next_memory(&self, owned: &[Owned<'a>], selected: &[(Holder<'_>, Selected<'_>)]) -> SetMemory {
        let held = selected.iter().filter(|(holder, _)| holder.is_watch_of_it());
        let held: BTreeSet<&str> = held.map(|(_, one)| &*one.watch).collect();
        let unselected = owned.iter().filter(|one| !held.contains(one.name));
        let unselected = unselected.map(|one| (one.name, self.evidence(one.region)));
        self.memory.next(self.known_orphans, unselected)
    }

    /// The watches that do not say what the set names, orphans and those beyond the limit too.
    fn changed(&self, owned: &[Owned<'a>]) -> impl Iterator<Item = Apply> {
        let checksums = Checksums::new(self.name, self.uid, self.spec);
        let settings = json!(self.spec.template.spec);
        owned.iter().filter(|one| !one.membership.is_deleting).filter_map(move |one| {
            let (app, region) = (one.membership.app.as_ref()?, one.region?);
            let checksum = checksums.of([one.name, region.as_str(), app.as_str()]);
            let is_same = one.membership.template.as_deref() == Some(&*checksum)
                && is_as_named(one.membership, self.spec, &settings, region);
            (!is_same).then(|| Apply {
                name: one.name.into(),
                region: region.clone(),
                app: app.clone(),
                uid: Some(one.membership.uid.clone()),
            })
        })
    }
}

impl Holder<'_> {
    fn is_watch_of_it(self) -> bool {
        match self {
            Self::Own | Self::Left(_) => true,
            Self::Free | Self::Other => false,
        }
    }
}

impl Selected<'_> {
    fn apply(&self, watch: Option<&Membership>) -> Apply {
        Apply {
            name: self.watch.clone(),
            region: self.region.clone(),
            app: self.app.id.clone(),
            uid: watch.map(|watch| watch.uid.clone()),
        }
    }
}
