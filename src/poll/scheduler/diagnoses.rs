//! When SAE is asked why applications are unwell, and what becomes of that (contract §14).

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::job::{Job, JobKey, JobRun};
use super::lanes::{Lane, Need};
use super::{Scheduler, WARM_UP, notify};
use crate::api::{Diagnosis, Incomplete, NamespaceId};
use crate::domain::Target;
use crate::domain::diagnosis::{Evidence, assemble};
use crate::domain::freshness::whole_seconds;
use crate::poll::targets::{ASKED_ONCE_IN, OFF, TargetKey, Tracked};
use crate::sae::{DiagnosisQuestion, Operation};

/// What is kept of the diagnoses of an account beside what its targets know.
#[derive(Debug, Default)]
pub(super) struct Diagnoses {
    /// About which targets SAE was asked lately, the newest last. It outlives them: a watch that is resumed, or made again,
    /// must not bring the next question forward.
    asked: VecDeque<(Instant, Arc<Target>)>,
    /// What SAE denied, and when.
    denied: Vec<(Operation, Instant)>,
    /// When the keys may have changed last.
    keys_changed: Option<Instant>,
}

impl Diagnoses {
    /// When SAE was asked last about a target.
    fn asked(&self, target: &Target) -> Option<Instant> {
        self.asked.iter().rev().find(|(_, asked)| **asked == *target).map(|(at, _)| *at)
    }

    /// SAE is asked about a target.
    fn ask(&mut self, target: Arc<Target>, now: Instant) {
        while self.asked.pop_front_if(|(at, _)| *at + ASKED_ONCE_IN <= now).is_some() {}
        self.asked.push_back((now, target));
    }

    /// What is not asked now.
    fn denied(&self, now: Instant) -> Vec<Operation> {
        let lately = self.denied.iter().filter(|(_, at)| now < *at + OFF);
        lately.map(|(operation, _)| *operation).collect()
    }

    /// The keys may have changed: every operation may be asked again.
    pub(super) fn allow_all(&mut self, now: Instant) {
        self.denied.clear();
        self.keys_changed = Some(now);
    }
}

impl Scheduler {
    /// Puts the question why a target is unwell where it belongs, if there is one. Whether that changed.
    ///
    /// Of those that wait, the one goes first that has been due for the longest: it is dropped when half an hour is over, and
    /// the others can still wait.
    pub(super) fn schedule_diagnosis(&mut self, key: TargetKey, now: Instant) -> bool {
        let is_unwell = |tracked: &&mut Box<Tracked>| tracked.inquiry.is_some() || tracked.wants_diagnosis();
        let Some(tracked) = self.targets.get_mut(&key).filter(is_unwell) else { return false };
        let needs_namespace = !self.diagnoses.denied(now).contains(&Operation::Events);
        let wanted = tracked.inquire(needs_namespace, now, self.clock.now());
        let asked = tracked.target.as_ref().and_then(|target| self.diagnoses.asked(target));
        let asked = asked.map(|at| at + ASKED_ONCE_IN);
        let before = tracked.asked_before().map(|at| self.points.at(at, ASKED_ONCE_IN));
        // By then all watches have said when SAE was asked before.
        let warm_at = self.start + WARM_UP;
        let at = wanted.map(|at| [asked, before, Some(warm_at)].into_iter().flatten().fold(at, Instant::max));
        self.close_unwanted();
        self.lanes.set(JobKey::Diagnosis(key), at.map(|at| Need::new(Lane::Diagnosis, at)))
    }

    /// Begins to ask why a target is unwell, unless no watch wants to know any more, or nothing can be asked.
    pub(super) fn begin_diagnosis(&mut self, key: TargetKey, run: JobRun, now: Instant) -> Option<Job> {
        let wall = self.clock.now();
        let tracked = self.targets.get_mut(&key)?;
        let (target, since) = (tracked.target.clone()?, tracked.unwell_since(now, wall)?);
        let (namespace, timeout) = (tracked.namespace().cloned(), tracked.timeout());
        tracked.inquiry_begins(run.number);
        self.diagnoses.ask(target.clone(), now);
        let (at, denied) = (whole_seconds(wall), self.diagnoses.denied(now));
        if let Some(evidence) = without_a_call(at, namespace.as_ref(), &denied) {
            self.end_diagnosis(run, Some(assemble(&evidence, since)), now);
            return None;
        }
        Some(Job::Diagnose(DiagnosisQuestion { target, namespace, since, at, denied }, timeout))
    }

    /// Takes in what SAE answered; `None`: no watch wants to know any more.
    pub(crate) fn end_diagnosis(&mut self, run: JobRun, answer: Option<Diagnosis>, now: Instant) {
        let JobKey::Diagnosis(key) = run.key else { return };
        let Some(tracked) = self.targets.get_mut(&key) else { return };
        let asked = tracked.target.as_ref().and_then(|target| self.diagnoses.asked(target));
        if tracked.inquiry_ended(run.number, answer, asked, now) {
            let served = tracked.watchers.iter().filter(|one| tracked.diagnosis_for(one, now).is_some());
            served.for_each(|watcher| notify(&self.news, &watcher.id));
            self.schedule_diagnosis(key, now);
        }
    }

    /// SAE denied an operation that was sent at `sent`. If it is one of a diagnosis, it is not asked for an hour, unless the
    /// keys have changed since then.
    pub(super) fn diagnosis_denied(&mut self, operation: Operation, sent: Instant, now: Instant) {
        let is_asked =
            matches!(operation, Operation::ChangeOrders | Operation::ChangeOrder | Operation::Events);
        if !is_asked || self.diagnoses.keys_changed.is_some_and(|at| sent < at) {
            return;
        }
        self.diagnoses.denied.retain(|(denied, _)| *denied != operation);
        self.diagnoses.denied.push((operation, now));
        tracing::info!(
            account = self.account_name(),
            operation = operation.name(),
            "SAE denies a part of why applications are unwell: it is left out, and tried again in an hour"
        );
    }
}

/// What SAE would answer, where it is known without a call: neither change orders nor events can be asked for.
fn without_a_call(at: Timestamp, namespace: Option<&NamespaceId>, denied: &[Operation]) -> Option<Evidence> {
    let events = match namespace {
        None => Incomplete::NamespaceUnknown,
        Some(_) if denied.contains(&Operation::Events) => Incomplete::AccessDenied,
        Some(_) => return None,
    };
    let orders = denied.contains(&Operation::ChangeOrders).then_some(Err(Incomplete::AccessDenied))?;
    Some(Evidence { at, orders, message: Ok(None), events: Err(events) })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::api::Time;
    use crate::domain::{Access, Meta, Named};
    use crate::poll::news;
    use crate::poll::scheduler::Next;
    use crate::poll::subscription::{Subscription, WatchId};
    use crate::sae::{Class, Clock, Error};

    const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

    /// An account of 120 calls a minute, where no poll is due.
    struct Account {
        scheduler: Scheduler,
        start: Instant,
        /// Seconds that have passed by the wall clock.
        passed: Arc<AtomicU64>,
    }

    fn watch_id(name: &str) -> WatchId {
        WatchId { namespace: "team-a".into(), name: name.into() }
    }

    fn minutes(minutes: i64) -> SignedDuration {
        SignedDuration::from_mins(minutes)
    }

    /// What a watch says of its diagnosis: since when it wants one, and when SAE was asked last.
    type Said = (Option<Timestamp>, Option<Timestamp>);

    /// Unwell since the start, when SAE was asked so many minutes before that.
    fn unwell(asked_before: Option<i64>) -> Said {
        (Some(START), asked_before.map(|ago| START - minutes(ago)))
    }

    const WELL: Said = (None, None);

    impl Account {
        fn new() -> Self {
            let (start, passed) = (Instant::now(), Arc::new(AtomicU64::new(0)));
            let read = passed.clone();
            let clock = Clock::new(move || START + Duration::from_secs(read.load(Ordering::Relaxed)));
            Self { scheduler: Scheduler::new(None, 120, clock, news().0, start), start, passed }
        }

        fn at(&self, seconds: u64) -> Instant {
            self.passed.store(seconds, Ordering::Relaxed);
            self.start + Duration::from_secs(seconds)
        }

        /// A watch on an application, which knows the namespace or not.
        fn watch(&mut self, id: &str, by_name: bool, (diagnosis, diagnosed_at): Said, seconds: u64) {
            let name = json!({"appName": "cart", "namespaceId": "cn-hangzhou", "interval": "24h"});
            let spec = if by_name {
                name
            } else {
                json!({"appId": "app-1", "regionId": "cn-hangzhou", "interval": "24h"})
            };
            let time = START.to_string();
            let status = json!({
                "appId": "app-1", "appName": "cart", "namespaceId": by_name.then_some("cn-hangzhou"),
                "regionId": "cn-hangzhou", "observedGeneration": 1, "observedAt": time,
            });
            let (spec, status) =
                (serde_json::from_value(spec).unwrap(), serde_json::from_value(status).unwrap());
            let meta = Meta { generation: 1, uid: "", created_at: None, request: None };
            let want = Subscription::new(&spec, Some(&status), meta, &Access::own(None), START).unwrap();
            self.scheduler.subscribe(
                &watch_id(id),
                Subscription { diagnosis, diagnosed_at, ..want },
                self.at(seconds),
            );
        }

        /// What begins by then, in seconds, if anything.
        fn begins(&mut self, until: u64) -> Option<(u64, JobRun, DiagnosisQuestion)> {
            for seconds in self.passed.load(Ordering::Relaxed)..=until {
                let now = self.at(seconds);
                self.scheduler.gate.budget.returned(true);
                match self.scheduler.next(now) {
                    Next::Start(run, Job::Diagnose(question, _)) => return Some((seconds, run, question)),
                    // Of the region, which stays under way.
                    Next::Start(..) | Next::AskAgain | Next::Wait(_) => {}
                }
            }
            None
        }

        /// When that is.
        fn asks(&mut self, until: u64) -> Option<u64> {
            self.begins(until).map(|(seconds, ..)| seconds)
        }

        /// What is known for a watch.
        fn known(&self, id: &str, seconds: u64) -> Option<Diagnosis> {
            let latest = self.scheduler.latest(&watch_id(id), self.at(seconds)).unwrap();
            latest.diagnosis.map(|diagnosis| Diagnosis::clone(&diagnosis))
        }

        fn deny(&mut self, operation: Operation) {
            let error = Error::new(operation.name(), Class::Denied, "not yours");
            let key = JobKey::Sweep(crate::poll::targets::RegionKey(0));
            let run = JobRun { key, lane: Lane::Diagnosis, number: crate::poll::targets::RunNumber(0) };
            let now = self.start;
            self.scheduler.answered(run, operation, Some(&error), now, now);
        }
    }

    fn answer(question: &DiagnosisQuestion) -> Diagnosis {
        let evidence =
            Evidence { at: question.at, orders: Ok(Vec::new()), message: Ok(None), events: Ok(Vec::new()) };
        assemble(&evidence, question.since)
    }

    #[test]
    fn sae_is_asked_once_all_watches_are_there_and_ten_minutes_after_it_was_asked_before_a_restart() {
        for (asked_before, asks) in [(None, 10), (Some(60), 10), (Some(4), 6 * 60), (Some(-5), 10 * 60)] {
            let mut account = Account::new();
            account.watch("one", true, unwell(None), 0);
            account.watch("two", true, unwell(asked_before), 0);
            assert_eq!(account.asks(1_700), Some(asks), "{asked_before:?}");
        }
        let mut account = Account::new();
        account.watch("explained", true, (None, Some(START - minutes(4))), 0);
        account.watch("one", true, unwell(None), 0);
        assert_eq!(account.asks(1_700), Some(6 * 60), "also where it was asked for another watch");
        let mut account = Account::new();
        account.watch("well", true, WELL, 0);
        assert_eq!(account.asks(1_700), None);
    }

    #[test]
    fn an_unknown_namespace_is_waited_for_until_a_list_says_it_or_for_five_minutes() {
        let mut account = Account::new();
        account.watch("one", false, unwell(None), 0);
        let (seconds, _, question) = account.begins(1_700).unwrap();
        assert_eq!((seconds, question.namespace), (300, None));

        let mut account = Account::new();
        account.watch("one", false, unwell(None), 0);
        let key = account.scheduler.watches[&watch_id("one")];
        let named = Named { name: "cart".parse().unwrap(), namespace: "cn-hangzhou:prod".parse().unwrap() };
        assert_eq!(account.asks(60), None);
        account.scheduler.targets.get_mut(&key).unwrap().named = Some(Arc::new(named));
        account.scheduler.schedule_diagnosis(key, account.at(60));
        let (seconds, _, question) = account.begins(1_700).unwrap();
        assert_eq!((seconds, question.namespace.unwrap().as_str()), (60, "cn-hangzhou:prod"));
    }

    #[test]
    fn an_answer_serves_every_watch_of_the_target_for_ten_minutes_as_an_answer_of_its_own() {
        let mut account = Account::new();
        account.watch("one", true, unwell(None), 0);
        let (seconds, run, question) = account.begins(60).unwrap();
        account.scheduler.end_diagnosis(run, Some(answer(&question)), account.at(seconds + 5));
        let at = question.at;
        assert_eq!(account.known("one", 20).map(|known| known.at.0), Some(at));
        let later = START + minutes(5);
        account.watch("two", true, (Some(later), None), 400);
        assert_eq!(account.known("two", 400).map(|known| (known.at.0, known.since)), Some((at, Time(later))));
        account.watch("two", true, WELL, 401);
        assert_eq!(account.known("two", 401), None, "it is stored");

        // What became worse since then is another question, for which it is too early.
        account.watch("one", true, (Some(later), Some(at)), 402);
        assert_eq!(account.known("one", 402), None);
        assert_eq!(account.asks(1_700), Some(seconds + 600));
        account.watch("two", true, (Some(later), None), 700);
        assert_eq!(account.known("two", 700), None, "it is eleven minutes old");
    }

    #[test]
    fn an_answer_that_comes_ten_minutes_after_its_question_serves_for_a_minute() {
        let mut account = Account::new();
        account.watch("one", true, unwell(None), 0);
        let (_, run, question) = account.begins(60).unwrap();
        // What was asked ten minutes before is forgotten with the next question.
        account.scheduler.diagnoses.asked.clear();
        account.scheduler.end_diagnosis(run, Some(answer(&question)), account.at(700));
        assert!(account.known("one", 759).is_some());
        assert_eq!(account.known("one", 761), None);
    }

    #[test]
    fn what_has_not_begun_after_half_an_hour_or_is_not_wanted_any_more_is_dropped() {
        let mut account = Account::new();
        let early = (Some(START - minutes(30) + SignedDuration::from_secs(5)), None);
        account.watch("late", true, early, 0);
        assert_eq!(account.asks(1_700), None);
        account.watch("late", true, unwell(None), 0);
        account.watch("late", true, WELL, 5);
        assert_eq!(account.asks(1_700), None);

        account.watch("late", true, unwell(None), 0);
        let (_, run, _) = account.begins(60).unwrap();
        assert!(account.scheduler.request_permit(run).is_some());
        account.watch("late", true, WELL, 60);
        assert!(account.scheduler.permits.is_empty());
        assert!(account.scheduler.request_permit(run).is_none());
        account.scheduler.end_diagnosis(run, None, account.at(60));
        account.watch("late", true, WELL, 61);
        assert!(account.scheduler.targets.values().all(|tracked| tracked.inquiry.is_none()));
        account.watch("late", true, unwell(None), 62);
        assert_eq!(account.asks(1_700), Some(610), "the question counts though no answer came");
    }

    #[test]
    fn where_all_is_denied_the_answer_comes_without_a_call_until_the_credentials_change() {
        for events_denied in [true, false] {
            let mut account = Account::new();
            account.deny(Operation::ChangeOrders);
            if events_denied {
                account.deny(Operation::Events);
            }
            account.watch("one", false, unwell(None), 0);
            assert_eq!(account.asks(310), None);
            assert_eq!(account.known("one", 310).unwrap().incomplete, Some(Incomplete::AccessDenied));
        }
        let mut account = Account::new();
        account.deny(Operation::ChangeOrders);
        account.deny(Operation::Events);
        account.scheduler.credentials_changed(account.at(5));
        // Of a call that was sent with the keys of before.
        account.deny(Operation::Events);
        account.watch("one", true, unwell(None), 5);
        let (_, _, question) = account.begins(60).unwrap();
        assert_eq!(question.denied, []);
    }

    #[test]
    fn a_target_that_is_made_again_is_not_asked_for_sooner() {
        let mut account = Account::new();
        account.watch("one", true, unwell(None), 0);
        let (seconds, ..) = account.begins(60).unwrap();
        account.scheduler.unsubscribe(&watch_id("one"), account.at(30));
        assert_eq!(account.scheduler.lanes.first_due(), None);
        account.watch("one", true, unwell(None), 40);
        assert_eq!(account.asks(1_700), Some(seconds + 600));
    }
}
