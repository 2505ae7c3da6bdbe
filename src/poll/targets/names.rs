//! Which id has the application that watches name, and when is SAE asked for it (contract §12)?
//!
//! A name becomes a target only with an id. Until then its watches wait on a target of their own that has none.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::key::{RunNumber, TargetKey};
use crate::api::{AppId, RegionId};
use crate::domain::{Failure, FailureClass, Named, NamedTarget};
use crate::poll::subscription::WatchId;
use crate::sae::{ListedApplication, candidate, the_one};

/// How long SAE is not asked for a name again after it said which id the name has, or that it has none.
pub(super) const ONCE_IN: Duration = Duration::from_secs(60);

/// The applications that watches name.
#[derive(Debug, Default)]
pub(crate) struct Names {
    keys: HashMap<RegionId, BTreeMap<Arc<Named>, TargetKey>>,
    names: BTreeMap<TargetKey, Name>,
}

/// One application that watches name.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) region: RegionId,
    pub(crate) named: Arc<Named>,
    /// The watches that name it.
    pub(crate) watches: Vec<WatchId>,
    known: Known,
    /// When SAE answered last, or failed in another way than by a throttle.
    asked: Option<Instant>,
    /// Since when the known id is in doubt.
    doubted: Option<Instant>,
    /// The list under way that is read for it.
    run: Option<RunNumber>,
}

/// What is known of a name's id.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// Nothing yet.
    Nothing,
    /// This one: SAE said so, or the status of a watch.
    Id(AppId),
    /// SAE lists none: what a status says is not believed any more.
    NoneListed,
}

/// Where a watch by name has its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joined {
    pub(crate) key: TargetKey,
    /// Whether the name has an id only since this watch brought one.
    pub(crate) brought_id: bool,
}

impl Names {
    /// Adds a watch; `last` is the id that its status says, `new_key` the key of a name that is new. The status is
    /// believed where nothing else is known.
    pub(crate) fn join(
        &mut self,
        target: &NamedTarget,
        watch: &WatchId,
        last: Option<&AppId>,
        new_key: TargetKey,
    ) -> Joined {
        let NamedTarget { region, app: named, .. } = target;
        let in_region = self.keys.entry(region.clone()).or_default();
        let key = *in_region.entry(named.clone()).or_insert(new_key);
        let name = self.names.entry(key).or_insert_with(|| Name {
            region: region.clone(),
            named: named.clone(),
            watches: Vec::new(),
            known: Known::Nothing,
            asked: None,
            doubted: None,
            run: None,
        });
        name.watches.reserve_exact(1);
        name.watches.push(watch.clone());
        let brought = last.filter(|_| name.known == Known::Nothing).cloned();
        let brought_id = brought.is_some();
        name.known = brought.map_or(name.known.clone(), Known::Id);
        Joined { key, brought_id }
    }

    /// A watch less; the key of its name, if it was the last that names it.
    pub(crate) fn leave(&mut self, target: &NamedTarget, watch: &WatchId) -> Option<TargetKey> {
        let in_region = self.keys.get_mut(&target.region)?;
        let key = *in_region.get(&target.app)?;
        let name = self.names.get_mut(&key)?;
        name.watches.retain(|other| other != watch);
        if !name.watches.is_empty() {
            return None;
        }
        self.names.remove(&key);
        in_region.remove(&target.app);
        if in_region.is_empty() {
            self.keys.remove(&target.region);
        }
        Some(key)
    }

    /// Whether no watch names an application.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.names.is_empty()
    }

    pub(crate) fn get(&self, key: TargetKey) -> Option<&Name> {
        self.names.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: TargetKey) -> Option<&mut Name> {
        self.names.get_mut(&key)
    }

    /// The key of a name.
    pub(crate) fn key(&self, target: &NamedTarget) -> Option<TargetKey> {
        self.keys.get(&target.region)?.get(&target.app).copied()
    }

    /// The names in a region.
    pub(crate) fn in_region(&self, region: &RegionId) -> Vec<TargetKey> {
        self.keys.get(region).map(|names| names.values().copied().collect()).unwrap_or_default()
    }

    /// The names that a list is read for.
    pub(crate) fn of_run(&self, number: RunNumber) -> Vec<TargetKey> {
        let names = self.names.iter().filter(|(_, name)| name.run == Some(number));
        names.map(|(key, _)| *key).collect()
    }

    /// The name that stands in an entry of a list, if watches name it and the entry is another application than the
    /// one that they have.
    pub(crate) fn contradicted_by(
        &self,
        region: &RegionId,
        named: &Named,
        listed: &ListedApplication,
    ) -> Option<TargetKey> {
        let key = *self.keys.get(region)?.get(named)?;
        let app = candidate(listed)?;
        self.names.get(&key)?.is_other(&app).then_some(key)
    }

    /// Whether watches name any application of a region.
    pub(crate) fn has_any_in(&self, region: &RegionId) -> bool {
        self.keys.contains_key(region)
    }
}

impl Name {
    /// The id, as far as one is known.
    pub(crate) fn id(&self) -> Option<&AppId> {
        match &self.known {
            Known::Id(app) => Some(app),
            Known::Nothing | Known::NoneListed => None,
        }
    }

    /// Whether a list that has `app` under this name calls for another question.
    fn is_other(&self, app: &AppId) -> bool {
        match &self.known {
            Known::Id(known) => known != app,
            Known::NoneListed => true,
            // It is asked for anyway.
            Known::Nothing => false,
        }
    }

    /// When SAE is to be asked again about the known id.
    pub(crate) fn due(&self) -> Option<Instant> {
        let doubted = self.doubted.filter(|_| self.run.is_none() && self.id().is_some())?;
        Some(self.next_ask(doubted))
    }

    /// Whether the answer to come may be another id: a list is being read for it, or is due.
    pub(crate) fn is_in_doubt(&self, now: Instant) -> bool {
        self.is_asked() || self.due().is_some_and(|at| at <= now)
    }

    /// Whether a list is being read for it.
    pub(crate) fn is_asked(&self) -> bool {
        self.run.is_some()
    }

    /// The known id may be wrong: SAE is asked again, at most once a minute.
    pub(crate) fn doubt(&mut self, now: Instant) {
        self.doubted.get_or_insert(now);
    }

    /// When SAE may be asked again, if it were to be at `at`.
    pub(crate) fn next_ask(&self, at: Instant) -> Instant {
        self.asked.map_or(at, |asked| at.max(asked + ONCE_IN))
    }

    /// A list begins that is read for it.
    pub(crate) fn begin(&mut self, number: RunNumber) {
        self.run = Some(number);
        self.doubted = None;
    }

    /// The list that was read for it has ended, or is of no use any more.
    pub(crate) fn end(&mut self) {
        self.run = None;
    }

    /// SAE answered with this list; which application has the name, if any.
    pub(crate) fn answered(&mut self, list: &[ListedApplication], now: Instant) -> Option<AppId> {
        self.end();
        self.asked = Some(now);
        let found = the_one(list, &self.named, self.id());
        let known = found.clone().map_or(Known::NoneListed, Known::Id);
        if known != self.known {
            // What was in doubt was the old id.
            self.doubted = None;
            self.known = known;
        }
        found
    }

    /// SAE did not say whether the known id is right; that one serves until it does.
    pub(crate) fn failed(&mut self, failure: &Failure, now: Instant) {
        self.end();
        match failure.class {
            FailureClass::Throttled => self.doubt(now),
            FailureClass::Transient => {
                self.asked = Some(now);
                self.doubt(now);
            }
            // The next poll that does not find the id asks again.
            FailureClass::Permanent(_) => self.asked = Some(now),
        }
    }
}
