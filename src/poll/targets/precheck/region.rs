//! One region: what its two lists said of each watched application.

use std::collections::{BTreeMap, HashMap, HashSet};

use tokio::time::Instant;

use super::ApplicationsList;
use super::access::ListAccess;
use super::coverage::Coverage;
use super::share::Work;
use super::usefulness::{RARELY, Usefulness};
use crate::api::{AppId, RegionId};
use crate::poll::targets::key::{RunNumber, TargetKey};
use crate::sae::{AVAILABILITY_LIMIT, AbnormalInstances, ListedApplication, Listing};

/// So many hints of a list that is left out are polled for.
const SAMPLED: usize = 3;

/// How many instances an application has, as ListApplications says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) wanted: Option<i64>,
    pub(crate) running: Option<i64>,
}

/// An application whose numbers moved, or that is no longer listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) targets: Vec<TargetKey>,
    /// The new numbers; `None`: it is not listed any more.
    pub(crate) numbers: Option<Numbers>,
    /// When the list began that still had the old numbers. A poll since then may know already.
    pub(crate) since: Option<Instant>,
}

/// What a list of abnormal instances gives away.
#[derive(Debug, Default)]
pub(crate) struct Hinted {
    /// The targets whose application has another number of abnormal instances than in the list before.
    pub(crate) targets: Vec<TargetKey>,
    /// How many applications got worse, as polls found, and are in the list as before.
    pub(crate) missed: usize,
    /// How many of the targets to poll: enough to find out whether a list that is left out is of use again.
    pub(crate) at_most: usize,
}

#[derive(Debug)]
pub(super) struct Region {
    pub(super) id: RegionId,
    pub(super) targets: usize,
    /// Targets that are polled less often than every minute.
    pub(super) slow: HashSet<TargetKey>,
    pub(super) apps: BTreeMap<AppId, App>,
    /// ListApplications.
    pub(super) applications: ListAccess,
    /// GetAvailabilityMetric.
    pub(super) availability: ListAccess,
    pub(super) usefulness: Usefulness,
    pub(super) how_to_list: ApplicationsList,
    pub(super) pages: u32,
    /// The number of the sweep under way, and when it began.
    pub(super) current: Option<(RunNumber, Instant)>,
    /// When the last complete list of applications began.
    pub(super) swept: Option<Instant>,
    pub(super) not_before: Instant,
    /// Whether SAE has answered any call in it.
    pub(super) answered: bool,
    /// How much of it is watched, by the last complete list.
    pub(super) coverage: Option<Coverage>,
}

/// A watched application.
#[derive(Debug, Default)]
pub(super) struct App {
    /// Nearly always one.
    pub(super) targets: Vec<TargetKey>,
    pub(super) numbers: Option<Numbers>,
    /// The list of applications that had it last.
    listed: RunNumber,
    /// Its abnormal instances in the last list of them; `None`: not known.
    abnormal: Option<i64>,
    /// When a poll by the clock found it worse than before, until the next list of abnormal instances.
    worse: Option<Instant>,
}

impl Region {
    pub(super) fn new(id: RegionId, now: Instant) -> Self {
        Self {
            id,
            targets: 0,
            slow: HashSet::new(),
            apps: BTreeMap::new(),
            applications: ListAccess::default(),
            availability: ListAccess::default(),
            usefulness: Usefulness::default(),
            how_to_list: ApplicationsList::default(),
            pages: 0,
            current: None,
            swept: None,
            not_before: now,
            answered: false,
            coverage: None,
        }
    }

    /// Whether sweeps bring anything: where every target is polled once a minute, they do not.
    pub(super) fn is_swept(&self) -> bool {
        !self.slow.is_empty()
    }

    /// When it is to be swept next, if no sweep is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        if !self.is_swept() || self.current.is_some() {
            return None;
        }
        match (self.applications.opens_at(), self.availability.opens_at()) {
            (Some(one), Some(other)) => Some(self.not_before.max(one.min(other))),
            _ => Some(self.not_before),
        }
    }

    /// How many times as long as others it waits for its next sweep: where only the list of abnormal instances may be
    /// read, the sweeps come as rarely as that one is read.
    pub(super) fn stride(&self) -> u32 {
        if self.applications.is_off() && self.usefulness.is_left_out() { RARELY } else { 1 }
    }

    /// How many pages its list of applications has, as far as is known.
    pub(super) fn pages(&self) -> u32 {
        self.pages.max(expected_pages(self.apps.len(), self.how_to_list.page_size))
    }

    /// What a sweep of it costs on average.
    pub(super) fn work(&self) -> Work {
        let (pages, applications) =
            if self.applications.is_off() { (0.0, 0) } else { (f64::from(self.pages()), 1) };
        let (of_availability, availability) =
            match (self.availability.is_off(), self.usefulness.is_left_out()) {
                (true, _) => (0.0, 0),
                (false, true) => (1.0 / f64::from(RARELY), 0),
                (false, false) => (1.0, usize::from(self.usefulness.is_proven())),
            };
        let served = (applications + availability) * self.targets;
        Work { calls: pages + of_availability, targets: self.targets, served }
    }

    /// Takes in one page of the list of applications; returns whose numbers moved.
    pub(super) fn listed(&mut self, number: RunNumber, page: &[ListedApplication]) -> Vec<Moved> {
        let mut moved = Vec::new();
        for ListedApplication { app, instances, running, .. } in page {
            let Some(app) = app.parse().ok().and_then(|id: AppId| self.apps.get_mut(&id)) else { continue };
            let numbers = Numbers { wanted: *instances, running: *running };
            if app.numbers.is_some_and(|before| before != numbers) {
                moved.push(Moved { targets: app.targets.clone(), numbers: Some(numbers), since: self.swept });
            }
            app.numbers = Some(numbers);
            app.listed = number;
        }
        moved
    }

    /// Takes in a whole list that began at a moment.
    pub(super) fn read(&mut self, list: &Listing<ListedApplication>, began: Instant) {
        (self.pages, self.swept) = (list.pages, Some(began));
        self.how_to_list.difference = list.difference;
        if list.is_counted && list.difference.is_none() {
            self.coverage = Some(Coverage::new(&list.entries, began, |app| self.apps.contains_key(app)));
        }
    }

    /// The applications that a complete list no longer has.
    pub(super) fn unlisted(&mut self, number: RunNumber) -> Vec<Moved> {
        let unlisted = self.apps.values_mut().filter(|app| app.listed != number);
        unlisted
            .filter_map(|app| {
                app.numbers.take().map(|_| Moved { targets: app.targets.clone(), numbers: None, since: None })
            })
            .collect()
    }

    /// Takes in a list of abnormal instances that began at a moment. An application that is not in it has none, or an
    /// unknown number of them if the list is full; what is unknown is no hint, neither before nor after.
    pub(super) fn abnormal(&mut self, list: &[AbnormalInstances], began: Instant) -> Hinted {
        let is_full = list.len() >= AVAILABILITY_LIMIT as usize;
        let rows: HashMap<&str, Option<i64>> =
            list.iter().map(|AbnormalInstances { app, abnormal }| (app.as_str(), *abnormal)).collect();
        let at_most = if self.usefulness.is_left_out() { SAMPLED } else { usize::MAX };
        let mut hinted = Hinted { at_most, ..Hinted::default() };
        for (id, app) in &mut self.apps {
            let row = rows.get(id.as_str()).copied();
            let number = row.unwrap_or_else(|| (!is_full).then_some(0));
            let before = std::mem::replace(&mut app.abnormal, number);
            if before.is_some() && number.is_some() && before != number {
                hinted.targets.extend(&app.targets);
            }
            if app.worse.is_some_and(|found| found <= began) {
                app.worse = None;
                hinted.missed += usize::from(row.is_none() || before == number);
            }
        }
        (0..hinted.missed).for_each(|_| self.usefulness.missed());
        hinted
    }

    /// A poll by the clock found an application worse than before. Where the list is not read, it misses nothing.
    pub(super) fn found_worse(&mut self, app: &AppId, now: Instant) {
        let is_read = self.is_swept() && !self.availability.is_off();
        if let Some(app) = self.apps.get_mut(app).filter(|_| is_read) {
            app.worse = Some(now);
        }
    }

    /// The list of abnormal instances is not read for now: the next one misses nothing of what polls found before.
    pub(super) fn forget_worse(&mut self) {
        self.apps.values_mut().for_each(|app| app.worse = None);
    }

    /// A target is polled every minute, or by no watch any more.
    pub(super) fn is_slow_no_more(&mut self, key: TargetKey) {
        if self.slow.remove(&key) && !self.is_swept() {
            self.forget_worse();
        }
    }
}

/// The pages of a list that was never read: at least those of the applications that are watched.
fn expected_pages(apps: usize, page_size: u32) -> u32 {
    u32::try_from(apps).unwrap_or(u32::MAX).div_ceil(page_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(apps: &[&str]) -> Region {
        let mut region = Region::new("cn-hangzhou".parse().unwrap(), Instant::now());
        for (number, app) in apps.iter().enumerate() {
            region.apps.entry(app.parse().unwrap()).or_default().targets.push(TargetKey(number as u64));
            region.slow.insert(TargetKey(number as u64));
        }
        region
    }

    fn rows(rows: &[(&str, Option<i64>)]) -> Vec<AbnormalInstances> {
        rows.iter()
            .map(|(app, abnormal)| AbnormalInstances { app: (*app).into(), abnormal: *abnormal })
            .collect()
    }

    /// Whom each list hints at, in turn.
    fn hinted(lists: &[Vec<AbnormalInstances>]) -> Vec<Vec<u64>> {
        let mut region = region(&["a", "b"]);
        let hinted = |list: &Vec<_>| region.abnormal(list, Instant::now()).targets;
        lists.iter().map(hinted).map(|keys| keys.into_iter().map(|key| key.0).collect()).collect()
    }

    #[test]
    fn another_number_than_in_the_last_list_is_a_hint_and_the_first_list_gives_none() {
        let lists = [
            rows(&[("a", Some(1))]),
            rows(&[("a", Some(1)), ("b", Some(2))]),
            rows(&[("b", Some(1))]),
            rows(&[]),
        ];
        assert_eq!(hinted(&lists), [vec![], vec![1], vec![0, 1], vec![1]]);
    }

    #[test]
    fn what_is_unknown_is_no_hint() {
        let full: Vec<String> = (0..AVAILABILITY_LIMIT).map(|number| format!("other-{number}")).collect();
        let full = rows(&full.iter().map(|app| (app.as_str(), Some(9))).collect::<Vec<_>>());
        let lists = [rows(&[("a", Some(1))]), full, rows(&[("a", Some(2))]), rows(&[("a", None)]), rows(&[])];
        let hinted = hinted(&lists).concat();
        assert!(hinted.is_empty(), "full, then without a number: {hinted:?}");
    }

    #[test]
    fn a_list_misses_what_a_poll_found_before_it_began() {
        let (mut region, start) = (region(&["a", "b"]), Instant::now());
        let missed = |region: &mut Region, list: &[_], after| region.abnormal(list, start + after).missed;
        let second = std::time::Duration::from_secs(1);
        region.abnormal(&rows(&[("b", Some(1))]), start);
        region.found_worse(&"a".parse().unwrap(), start + second);
        assert_eq!(missed(&mut region, &[], second / 2), 0, "it began before the poll ended");
        assert_eq!(missed(&mut region, &[], second * 2), 1, "no row");
        assert_eq!(missed(&mut region, &[], second * 3), 0, "counted once");
        region.found_worse(&"a".parse().unwrap(), start + second * 3);
        assert_eq!(missed(&mut region, &rows(&[("a", Some(1))]), second * 4), 0, "it is shown");
        region.found_worse(&"a".parse().unwrap(), start + second * 5);
        assert_eq!(missed(&mut region, &rows(&[("a", Some(1))]), second * 6), 1, "as before");
    }
}
