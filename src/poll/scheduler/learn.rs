//! How the names of applications become known that watches know by their ids: from every list that is read anyway, and
//! from one of the region where none is (contract §12).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::job::{JobKey, JobRun, Lookup, PollError};
use super::lanes::{Lane, Need};
use super::{Scheduler, notify};
use crate::api::{AppId, RegionId};
use crate::domain::Named;
use crate::poll::NewsSender;
use crate::poll::gate::is_refusal;
use crate::poll::targets::{NameListEnd, RegionKey, TargetKey, Tracked};
use crate::sae::{AskError, ListedApplication, named};

/// By how much everything else that waits in the lane of the clock goes before a list for names: longer than any poll
/// is late.
const PATIENCE: Duration = Duration::from_secs(365 * 86_400);

impl Scheduler {
    /// Takes in what a list of a region says of names, whatever it was read for. Most entries are watched neither by id nor
    /// by name, and nothing of them is read.
    pub(super) fn learn(&mut self, region: &RegionId, list: &[ListedApplication], now: Instant) {
        let has_names = self.names.has_any_in(region);
        let mut unwell = Vec::new();
        for listed in list {
            let app = listed.app.parse::<AppId>();
            let keys = app.as_ref().map_or(&[][..], |app| self.precheck.targets(region, app));
            if keys.is_empty() && !has_names {
                continue;
            }
            let Some(named) = named(listed) else { continue };
            for key in keys {
                if learn_name(&mut self.targets, &self.news, *key, &named) {
                    unwell.push(*key);
                }
            }
            if let Some(key) = self.names.contradicted_by(region, &named, listed) {
                self.ask_again(key, now);
            }
        }
        for key in unwell {
            self.schedule_diagnosis(key, now);
        }
    }

    /// A target was polled: if it was observed and has no name yet, its region is to be listed.
    pub(super) fn want_name(&mut self, key: TargetKey, now: Instant) {
        let Some(tracked) = self.targets.get(&key) else { return };
        let is_observed = tracked.last.is_some() && tracked.failure().is_none();
        if !is_observed || !tracked.wants_name() {
            return;
        }
        let Some(target) = tracked.target.as_ref() else { return };
        if let Some(key) = self.precheck.key(target).filter(|key| !self.precheck.lists(*key)) {
            self.name_lists.want(key, &target.region, now);
            self.schedule_name_list(key);
        }
    }

    fn schedule_name_list(&mut self, key: RegionKey) {
        let due = self.name_lists.due(key);
        let need = due.map(|at| Need { lane: Lane::Periodic, at, by: at + PATIENCE });
        self.lanes.set(JobKey::Names(key), need);
    }

    /// Begins to list a region for its names, unless they have come from elsewhere in the meantime.
    pub(super) fn begin_name_list(&mut self, key: RegionKey, run: JobRun, now: Instant) -> Option<Lookup> {
        let region = self.precheck.id(key).filter(|_| !self.precheck.lists(key))?.clone();
        let mut is_wanted = false;
        for tracked in self.targets.values_mut().filter(|one| is_in(one, &region) && one.wants_name()) {
            tracked.name_sought = true;
            is_wanted = true;
        }
        if !is_wanted {
            return None;
        }
        self.name_lists.begin(key, run.number, now);
        let list = self.precheck.how_to_list(&region);
        Some(Lookup { region, named: None, list, timeout: None })
    }

    /// Takes in how a list for names, or for ids, ended.
    pub(crate) fn end_lookup(
        &mut self,
        run: JobRun,
        region: &RegionId,
        result: &Result<Vec<ListedApplication>, PollError>,
        now: Instant,
    ) {
        match run.key {
            JobKey::Resolve(_) => self.end_resolution(run.number, result, now),
            JobKey::Names(key) => self.end_name_list(key, region, result, now),
            JobKey::Poll(_) | JobKey::OfSet(_) | JobKey::Sweep(_) | JobKey::Diagnosis(_) => return,
        }
        if let Ok(list) = result {
            self.learn(region, list, now);
        }
    }

    fn end_name_list(
        &mut self,
        key: RegionKey,
        region: &RegionId,
        result: &Result<Vec<ListedApplication>, PollError>,
        now: Instant,
    ) {
        let end = self.name_list_end(result);
        if end != NameListEnd::Complete {
            for tracked in self.targets.values_mut().filter(|one| is_in(one, region)) {
                tracked.name_sought = false;
            }
        }
        self.name_lists.end(key, end, now);
        self.schedule_name_list(key);
    }

    fn name_list_end(&self, result: &Result<Vec<ListedApplication>, PollError>) -> NameListEnd {
        let failure = match result {
            Ok(_) => return NameListEnd::Complete,
            Err(AskError::Closed(_)) => return NameListEnd::BrokenOff,
            Err(AskError::Failed(error)) => error.failure(),
        };
        if !is_refusal(&failure) {
            return NameListEnd::BrokenOff;
        }
        tracing::info!(
            account = self.account_name(),
            error = failure.message,
            "applications are shown by their ids: their names cannot be listed, which is tried again in an hour"
        );
        NameListEnd::Refused
    }

    /// Drops what is kept of lists for names in a region where nothing is polled any more.
    pub(super) fn forget_unpolled(&mut self, key: RegionKey) {
        if self.precheck.id(key).is_some() {
            return;
        }
        self.name_lists.forget(key);
        self.lanes.set(JobKey::Names(key), None);
        self.close_unwanted();
    }
}

fn is_in(tracked: &Tracked, region: &RegionId) -> bool {
    tracked.target.as_ref().is_some_and(|target| target.region == *region)
}

/// Notes the name of a target's application, and notifies its watches if it is news to them. Whether it was waited for to
/// ask why the application is unwell.
fn learn_name(
    targets: &mut BTreeMap<TargetKey, Box<Tracked>>,
    news: &NewsSender,
    key: TargetKey,
    named: &Arc<Named>,
) -> bool {
    let Some(tracked) = targets.get_mut(&key).filter(|tracked| tracked.named.as_ref() != Some(named)) else {
        return false;
    };
    tracked.named = Some(named.clone());
    let by_id = tracked.watchers.iter().filter(|one| one.subscription.target.named().is_none());
    by_id.for_each(|watcher| notify(news, &watcher.id));
    tracked.inquiry.is_some()
}
