//! How names get their ids: one list for a name, or for all names of a region that wait (contract §12).
//!
//! A name without an id waits as a target does, in the same lanes and with the same backoff, so that a watch shows why
//! it waits as it shows it of a poll.

use std::sync::Arc;

use tokio::time::Instant;

use super::job::{JobKey, JobRun, Lookup, PollError};
use super::lanes::{Lane, Need};
use super::{Scheduler, notify};
use crate::api::AppId;
use crate::domain::{Failure, NamedTarget, Reason, TargetRef};
use crate::poll::subscription::WatchId;
use crate::poll::targets::{Joined, Name, RunNumber, Seed, TargetKey, Tracked, Watcher};
use crate::sae::{AskError, Error, ListedApplication};

impl Scheduler {
    /// Adds a watch to its name, and returns the target that it is on: that of the known id, or the name's own.
    pub(super) fn join_name(
        &mut self,
        id: &WatchId,
        target: &NamedTarget,
        last: Option<&AppId>,
        now: Instant,
    ) -> TargetKey {
        let new_key = TargetKey(self.next_number());
        let Joined { key, brought_id } = self.names.join(target, id, last, new_key);
        if brought_id {
            self.follow(key, now);
        }
        self.place_of(key, target, now)
    }

    /// A watch does not name its application any more.
    pub(super) fn leave_name(&mut self, id: &WatchId, target: &NamedTarget) {
        if let Some(key) = self.names.leave(target, id) {
            self.lanes.set(JobKey::Resolve(key), None);
            self.close_unwanted();
        }
    }

    /// The target that a watch on a name is on.
    fn place_of(&mut self, key: TargetKey, target: &NamedTarget, now: Instant) -> TargetKey {
        let Some(name) = self.names.get(key) else { return key };
        if let Some(app) = name.id().cloned() {
            return self.key_of(&Arc::new(target.with_id(app)), now);
        }
        let seed = Seed::of_name(&name.region, &name.named);
        self.targets.entry(key).or_insert_with(|| Box::new(Tracked::unresolved(seed, now)));
        key
    }

    /// Moves the watches on a name to the target that it has now.
    fn follow(&mut self, key: TargetKey, now: Instant) {
        let watches = self.names.get(key).map(|name| name.watches.clone()).unwrap_or_default();
        for watch in watches {
            self.move_watch(&watch, key, now);
        }
    }

    /// Moves a watch as a changed spec does. What was observed for it before stays behind, so that it is never shown
    /// under the new id.
    fn move_watch(&mut self, id: &WatchId, name: TargetKey, now: Instant) {
        let Some(old) = self.watches.get(id).copied() else { return };
        let watcher = self.targets.get(&old).and_then(|tracked| tracked.watchers.get(id));
        let Some(TargetRef::Name(target, _)) = watcher.map(|watcher| &watcher.subscription.target) else {
            return;
        };
        let target = target.clone();
        let new = self.place_of(name, &target, now);
        if new == old {
            return;
        }
        let Some(tracked) = self.targets.get_mut(&old) else { return };
        let Some(watcher) = tracked.watchers.take(id) else { return };
        tracked.drop_acknowledged();
        self.update_or_drop(old, now);
        self.watches.insert(id.clone(), new);
        if let Some(tracked) = self.targets.get_mut(&new) {
            tracked.watchers.add(watcher.moved(now, self.clock.now()));
        }
        self.update(new, now);
        notify(&self.news, id);
    }

    /// SAE does not know the id of a target: its watches by name may find the application under another one.
    pub(super) fn doubt_names(&mut self, key: TargetKey, now: Instant) {
        let Some(tracked) = self.targets.get(&key) else { return };
        if tracked.failed_for() != Some(Reason::AppNotFound) {
            return;
        }
        let named = tracked.watchers.iter().filter_map(|watcher| watcher.subscription.target.named());
        let names: Vec<TargetKey> = named.filter_map(|target| self.names.key(target)).collect();
        for name in names {
            self.ask_again(name, now);
        }
    }

    /// Notifies the watches of a target of a failed poll, except those whose name is asked for now: the application may
    /// have been made again under it, and then no user has to act. They are notified when the list for it ends.
    pub(super) fn notify_settled(&self, key: TargetKey, now: Instant) {
        let Some(tracked) = self.targets.get(&key) else { return };
        let is_settled = |watcher: &&Watcher| {
            let named = watcher.subscription.target.named();
            let name = named.and_then(|target| self.names.get(self.names.key(target)?));
            tracked.failed_for() != Some(Reason::AppNotFound)
                || !name.is_some_and(|name| name.is_in_doubt(now))
        };
        let settled = tracked.watchers.iter().filter(is_settled);
        settled.for_each(|watcher| notify(&self.news, &watcher.id));
    }

    /// What is known of a name is in doubt: SAE is asked again as soon as it may be.
    pub(super) fn ask_again(&mut self, key: TargetKey, now: Instant) {
        let Some(name) = self.names.get_mut(key) else { return };
        if name.id().is_some() {
            name.doubt(now);
            self.schedule_question(key);
        } else if let Some(tracked) = self.targets.get_mut(&key).filter(|one| one.attempt.is_none()) {
            let at = name.next_ask(now);
            tracked.retry_at = Some(tracked.retry_at.map_or(at, |retry_at| retry_at.min(at)));
            self.reschedule(key);
        }
    }

    /// In lane `confirm`: the application was found before, so no new watch waits for it.
    fn schedule_question(&mut self, key: TargetKey) {
        let due = self.names.get(key).and_then(Name::due);
        self.lanes.set(JobKey::Resolve(key), due.map(|at| Need::new(Lane::Confirm, at)));
    }

    /// Begins a list for a name, and for all others of its region that wait: then it is the region's.
    pub(super) fn begin_resolution(&mut self, key: TargetKey, run: JobRun, now: Instant) -> Option<Lookup> {
        let name = self.names.get(key)?;
        let (region, named) = (name.region.clone(), name.named.clone());
        let waiting: Vec<TargetKey> = self
            .names
            .in_region(&region)
            .into_iter()
            .filter(|other| *other == key || self.waits_for_id(*other, now))
            .collect();
        let timeout = waiting.iter().filter_map(|key| self.targets.get(key)).map(|one| one.timeout()).max();
        let wall = self.clock.now();
        for key in &waiting {
            if let Some(name) = self.names.get_mut(*key) {
                name.begin(run.number);
            }
            if let Some(tracked) = self.targets.get_mut(key) {
                tracked.attempt = Some(Box::new(tracked.begin(run.number, now, wall)));
            }
            self.leave_lanes(*key);
            self.lanes.set(JobKey::Resolve(*key), None);
        }
        let list = self.precheck.how_to_list(&region);
        Some(Lookup { region, named: (waiting.len() == 1).then_some(named), list, timeout })
    }

    fn waits_for_id(&self, key: TargetKey, now: Instant) -> bool {
        let Some(name) = self.names.get(key).filter(|name| !name.is_asked()) else { return false };
        let need = || self.targets.get(&key)?.need(&self.points, self.start);
        name.due().or_else(|| need().map(|need| need.at)).is_some_and(|at| at <= now)
    }

    /// Takes in how a list for names ended.
    pub(super) fn end_resolution(
        &mut self,
        number: RunNumber,
        result: &Result<Vec<ListedApplication>, PollError>,
        now: Instant,
    ) {
        for key in self.names.of_run(number) {
            match result {
                Ok(list) => self.resolved(key, list, now),
                Err(AskError::Failed(error)) => self.resolution_failed(key, error, now),
                // Nobody waits for it, or the operator is stopping.
                Err(AskError::Closed(_)) => self.leave_resolution(key),
            }
            for watch in self.names.get(key).map(|name| name.watches.as_slice()).unwrap_or_default() {
                notify(&self.news, watch);
            }
        }
    }

    fn resolved(&mut self, key: TargetKey, list: &[ListedApplication], now: Instant) {
        let Some(name) = self.names.get_mut(key) else { return };
        let failure = match name.answered(list, now) {
            Some(_) => None,
            None => Some(Error::application_not_found(&name.named).failure()),
        };
        self.follow(key, now);
        self.schedule_question(key);
        if let Some(failure) = failure {
            self.fail_name(key, failure, now);
        }
    }

    fn resolution_failed(&mut self, key: TargetKey, error: &Error, now: Instant) {
        let failure = error.failure();
        let Some(name) = self.names.get_mut(key) else { return };
        if name.id().is_some() {
            name.failed(&failure, now);
            self.schedule_question(key);
            return;
        }
        name.end();
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        if let Some(started) = tracked.attempt.take() {
            tracked.failed(&started, failure, error.class.hint(), now);
            self.update(key, now);
        }
    }

    /// The watches on a name have no application.
    fn fail_name(&mut self, key: TargetKey, failure: Failure, now: Instant) {
        let wall = self.clock.now();
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        let attempt = tracked.attempt.take();
        let started = attempt.unwrap_or_else(|| Box::new(tracked.begin(RunNumber::default(), now, wall)));
        tracked.failed(&started, failure, None, now);
        self.update(key, now);
    }

    /// A name waits for the list under way no longer.
    pub(super) fn leave_resolution(&mut self, key: TargetKey) {
        if let Some(name) = self.names.get_mut(key) {
            name.end();
        }
        if let Some(tracked) = self.targets.get_mut(&key) {
            tracked.attempt = None;
        }
        self.close_unwanted();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use tokio::sync::mpsc;

    use super::*;
    use crate::api::Health;
    use crate::domain::Named;
    use crate::poll::scheduler::{Job, Next};
    use crate::poll::subscription::{Attention, Subscription};
    use crate::sae::{Class, Clock, Operation};

    /// What happens to four watches on three names.
    #[derive(Debug, Clone)]
    enum Step {
        /// A watch names this one, and its status says this id.
        Subscribe(usize, usize, Option<usize>),
        Leave(usize),
        /// A minute passes. What begins then ends at once or stays under way; these names are listed with these ids.
        Work {
            ends: bool,
            listed: Vec<(usize, usize)>,
        },
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let last = prop::option::of(0..3_usize);
        let listed = prop::collection::vec((0..3_usize, 0..3_usize), 0..3);
        prop_oneof![
            3 => (0..4_usize, 0..3_usize, last).prop_map(|(watch, name, last)| Step::Subscribe(watch, name, last)),
            2 => (0..4_usize).prop_map(Step::Leave),
            3 => (prop::bool::weighted(0.7), listed).prop_map(|(ends, listed)| Step::Work { ends, listed }),
        ]
    }

    fn watch_id(watch: usize) -> WatchId {
        WatchId { namespace: "a".into(), name: format!("watch-{watch}").into() }
    }

    fn subscription(name: usize, last: Option<usize>) -> Subscription {
        let named =
            Named { name: format!("shop-{name}").parse().unwrap(), namespace: "cn-a".parse().unwrap() };
        let target = NamedTarget {
            account: None,
            region: "cn-a".parse().unwrap(),
            app: Arc::new(named),
            groups: None,
            instance: None,
            pipeline: None,
        };
        Subscription {
            object: 0,
            target: TargetRef::Name(Arc::new(target), last.map(|id| format!("app-{id}").parse().unwrap())),
            namespace: None,
            interval: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            generation: 1,
            observed_generation: -1,
            request: None,
            fresh_since: None,
            attention: Attention { health: Health::Unknown, changed_at: None },
            confirm: false,
            of_set: false,
            diagnosis: None,
            diagnosed_at: None,
        }
    }

    fn row((name, id): (usize, usize)) -> ListedApplication {
        ListedApplication {
            app: format!("app-{id}"),
            name: Some(format!("shop-{name}")),
            namespace: Some("cn-a".to_owned()),
            instances: None,
            running: None,
            is_deleting: false,
            tags: Box::default(),
        }
    }

    /// Ends a job: a poll finds no application, so that its name is asked for again.
    fn end(scheduler: &mut Scheduler, run: JobRun, job: Job, listed: &[(usize, usize)], now: Instant) {
        match job {
            Job::Poll(_) => {
                let error = Error::new(Operation::Groups.name(), Class::NotFound, "no such application");
                scheduler.answered(run, Operation::Groups, Some(&error), now, now);
                scheduler.end_poll(run, Err(error.into()), now);
            }
            Job::LookUp(Lookup { region, .. }) => {
                scheduler.answered(run, Operation::Applications, None, now, now);
                let list = listed.iter().copied().map(row).collect();
                scheduler.end_lookup(run, &region, &Ok(list), now);
            }
            Job::Sweep(_) | Job::Diagnose(..) => {
                panic!("too few targets for a sweep, and nothing to explain")
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn when_all_watches_have_left_no_name_and_no_target_is_kept(
            steps in prop::collection::vec(any_step(), 1..30),
        ) {
            let mut now = Instant::now();
            let (news, _receiver) = mpsc::unbounded_channel();
            let clock = Clock::steady(Timestamp::UNIX_EPOCH);
            let mut scheduler = Scheduler::new(None, 60, clock, news, now);
            let mut under_way = Vec::new();
            for step in steps {
                match step {
                    Step::Subscribe(watch, name, last) => {
                        scheduler.subscribe(&watch_id(watch), subscription(name, last), now);
                    }
                    Step::Leave(watch) => scheduler.unsubscribe(&watch_id(watch), now),
                    Step::Work { ends, listed } => {
                        now += Duration::from_secs(61);
                        match scheduler.next(now) {
                            Next::Start(run, job) => under_way.push((run, job)),
                            Next::AskAgain | Next::Wait(_) => {}
                        }
                        for (run, job) in under_way.drain(..if ends { under_way.len() } else { 0 }) {
                            end(&mut scheduler, run, job, &listed, now);
                        }
                    }
                }
                for (id, key) in &scheduler.watches {
                    prop_assert!(scheduler.targets[key].watchers.get(id).is_some(), "each watch is where it is said to be");
                }
                let places: usize = scheduler.targets.values().map(|one| one.watchers.iter().count()).sum();
                prop_assert_eq!(places, scheduler.watches.len());
            }
            for watch in 0..4 {
                scheduler.unsubscribe(&watch_id(watch), now);
            }
            for (run, job) in under_way {
                end(&mut scheduler, run, job, &[], now);
            }
            prop_assert!(scheduler.names.is_empty() && scheduler.targets.is_empty() && scheduler.keys.is_empty());
            prop_assert!(scheduler.permits.is_empty());
            prop_assert_eq!(scheduler.lanes.first_due(), None);
        }
    }
}
