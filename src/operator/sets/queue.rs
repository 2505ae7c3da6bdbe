//! What a set has still to apply, and what became of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokio::time::Instant;

use crate::domain::set::Apply;
use crate::operator::backoff;

/// The applies of one set. One that fails waits by itself, so that the others go on; failures in a row make all of them
/// wait, so that a namespace whose quota is used up is not asked 20 times a second.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// What the newest plan wants, the most important first.
    waiting: VecDeque<Apply>,
    /// The names of watches that are being applied.
    running: BTreeSet<String>,
    failing: BTreeMap<String, Failing>,
    /// Failures in a row.
    failures: u32,
    /// Nothing starts before.
    resume: Option<Instant>,
    /// How many watches began to fail.
    number: u64,
}

/// A watch that could not be applied.
#[derive(Debug)]
struct Failing {
    failures: u32,
    /// When it is tried again; `None`: not before something changes.
    again: Option<Instant>,
    /// Why; `None` where another client came first, which is no failure to report.
    error: Option<String>,
    /// Those that fail longer have smaller numbers.
    number: u64,
}

impl Queue {
    /// Takes what a new plan wants in the place of what the plan before it wanted. What that does not want any more does
    /// not fail any more.
    pub(super) fn replace(&mut self, wanted: Vec<Apply>) {
        let names: BTreeSet<&str> = wanted.iter().map(|apply| apply.name.as_str()).collect();
        self.failing.retain(|name, failing| {
            failing.again.is_some() && (names.contains(name.as_str()) || self.running.contains(name))
        });
        if self.failing.is_empty() {
            (self.failures, self.resume) = (0, None);
        }
        self.waiting = wanted.into_iter().filter(|apply| !self.running.contains(&apply.name)).collect();
    }

    /// Forgets what was planned for another spec. With the new one what failed may succeed, and is tried at once; until
    /// then it is not known to.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        self.waiting.clear();
        self.failing.retain(|_, failing| failing.again.is_some());
        for failing in self.failing.values_mut() {
            failing.again = Some(now);
        }
        (self.failures, self.resume) = (0, None);
    }

    /// Does not apply a watch until something changes: the API server stores it otherwise than it was applied.
    pub(super) fn give_up(&mut self, name: &str) {
        let error = format!("{name}: the API server stores it otherwise than it is applied");
        let failing = Failing { failures: 0, again: None, error: Some(error), number: u64::MAX };
        self.failing.insert(name.to_owned(), failing);
    }

    /// The names of watches that are applied or wait for it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let waiting = self.waiting.iter().map(|apply| &apply.name);
        waiting.chain(&self.running).map(String::as_str)
    }

    /// When an apply may start, if any waits that is to be tried.
    pub(super) fn next(&self, now: Instant) -> Option<Instant> {
        let next = self.waiting.iter().filter_map(|apply| self.due(apply, now)).min()?;
        Some(self.resume.map_or(next, |resume| next.max(resume)))
    }

    /// Starts the apply whose turn it is: of those that failed the least often the most important one. A watch that fails
    /// each time is due when the wait for its failure ends, and would else keep all others waiting. After a failure the
    /// watches that are there come first: what keeps new ones from being made, as a quota does, does not hold for them.
    pub(super) fn start(&mut self, now: Instant) -> Option<Apply> {
        if self.resume.is_some_and(|resume| resume > now) {
            return None;
        }
        let is_due = |apply: &Apply| self.due(apply, now).is_some_and(|due| due <= now);
        let due = self.waiting.iter().enumerate().filter(|(_, apply)| is_due(apply));
        let turn = |apply: &Apply| {
            let failures = self.failing.get(&apply.name).map_or(0, |failing| failing.failures);
            (failures, self.failures > 0 && apply.uid.is_none())
        };
        let (place, _) = due.min_by_key(|(_, apply)| turn(apply))?;
        let apply = self.waiting.remove(place)?;
        self.running.insert(apply.name.clone());
        Some(apply)
    }

    /// A watch is applied.
    pub(super) fn succeed(&mut self, name: &str) {
        self.leave(name);
        (self.failures, self.resume) = (0, None);
    }

    /// A watch is not to be applied after all: the next plan says what is.
    pub(super) fn leave(&mut self, name: &str) {
        self.running.remove(name);
        self.failing.remove(name);
    }

    /// A watch could not be applied, for this reason; without one, because another client came first.
    pub(super) fn fail(&mut self, name: &str, error: Option<String>, now: Instant) {
        self.running.remove(name);
        let is_error = error.is_some();
        self.number += 1;
        let before = self.failing.remove(name);
        let failures = before.as_ref().map_or(0, |before| before.failures).saturating_add(1);
        let number = before.map_or(self.number, |before| before.number);
        let again = Some(now + backoff::after(failures));
        self.failing.insert(name.to_owned(), Failing { failures, again, error, number });
        // Those that failed at the same time are one failure.
        if is_error && self.resume.is_none_or(|resume| resume <= now) {
            self.failures = self.failures.saturating_add(1);
            // One watch that fails again and again says nothing of the others.
            let failing = self.failing.values().filter(|failing| failing.error.is_some()).count();
            let failures = self.failures.min(u32::try_from(failing).unwrap_or(u32::MAX));
            self.resume = Some(now + backoff::after(failures));
        }
    }

    /// Why a watch cannot be applied; of several the one that fails for the longest time, so that the status does not
    /// change with each try.
    pub(super) fn failure(&self) -> Option<&str> {
        let failing = self.failing.values().filter(|failing| failing.error.is_some());
        failing.min_by_key(|failing| failing.number)?.error.as_deref()
    }

    /// When a watch may be applied; `None`: not before something changes.
    fn due(&self, apply: &Apply, now: Instant) -> Option<Instant> {
        self.failing.get(&apply.name).map_or(Some(now), |failing| failing.again)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn applies(names: &[&str]) -> Vec<Apply> {
        let apply = |name: &&str| Apply {
            name: (*name).to_owned(),
            region: "cn-hangzhou".parse().unwrap(),
            app: "app-1".parse().unwrap(),
            uid: None,
        };
        names.iter().map(apply).collect()
    }

    fn queue(names: &[&str]) -> Queue {
        let mut queue = Queue::default();
        queue.replace(applies(names));
        queue
    }

    fn started(queue: &mut Queue, now: Instant) -> Option<String> {
        queue.start(now).map(|apply| apply.name)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_watch_that_is_being_applied_is_not_applied_a_second_time() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        assert_eq!(started(&mut queue, now).as_deref(), Some("a"));
        queue.replace(applies(&["a", "b"]));
        assert_eq!(started(&mut queue, now).as_deref(), Some("b"));
        assert_eq!((started(&mut queue, now), queue.next(now)), (None, None));
        queue.succeed("a");
        queue.replace(applies(&["a"]));
        assert_eq!(started(&mut queue, now).as_deref(), Some("a"));
    }

    #[test]
    fn a_watch_that_fails_holds_up_the_others_for_a_second_and_then_not_any_more() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        started(&mut queue, now);
        queue.fail("a", Some("a: denied".into()), now);
        queue.replace(applies(&["a", "b"]));
        assert_eq!((started(&mut queue, now), queue.failure()), (None, Some("a: denied")));
        let now = now + seconds(1);
        assert_eq!(started(&mut queue, now).as_deref(), Some("b"), "what never failed goes first");
        started(&mut queue, now);
        queue.fail("a", Some("a: denied again".into()), now);
        queue.succeed("b");
        queue.replace(applies(&["a"]));
        assert_eq!(queue.next(now), Some(now + seconds(2)));
        assert_eq!(queue.failure(), Some("a: denied again"), "a success of another one says nothing of it");
        started(&mut queue, now + seconds(2));
        queue.succeed("a");
        assert_eq!(queue.failure(), None);
    }

    /// What is tried, one after the other, until it is this one's turn; all others fail.
    fn tried_before(queue: &mut Queue, wanted: &[Apply], last: &str) -> Vec<String> {
        let (mut now, mut tried) = (Instant::now(), Vec::new());
        for _ in 0..10 {
            queue.replace(wanted.to_vec());
            now = queue.next(now).unwrap().max(now);
            let name = started(queue, now).unwrap();
            if name == last {
                return tried;
            }
            queue.fail(&name, Some("denied".into()), now);
            tried.push(name);
        }
        panic!("it is never the turn of {last}: {tried:?}")
    }

    #[test]
    fn watches_that_cannot_be_made_keep_none_from_being_changed_nor_the_other_way_round() {
        let mut wanted = applies(&["new-1", "new-2", "there-1", "there-2"]);
        wanted[2].uid = Some("u-1".into());
        wanted[3].uid = Some("u-2".into());
        assert_eq!(tried_before(&mut Queue::default(), &wanted, "there-1"), ["new-1"]);
        let tried = tried_before(&mut Queue::default(), &wanted, "new-2");
        assert_eq!(tried, ["new-1", "there-1", "there-2"]);
    }

    #[test]
    fn with_another_spec_what_failed_is_tried_at_once_and_is_known_to_fail_until_then() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        started(&mut queue, now);
        queue.fail("a", Some("a: denied".into()), now);
        queue.give_up("b");
        queue.begin_anew(now);
        assert_eq!((started(&mut queue, now), queue.failure()), (None, Some("a: denied")));
        queue.replace(applies(&["a"]));
        assert_eq!((queue.failure(), queue.next(now)), (Some("a: denied"), Some(now)));
        assert_eq!(started(&mut queue, now).as_deref(), Some("a"));
    }

    #[test]
    fn one_watch_that_fails_again_and_again_holds_up_a_new_one_for_a_second_at_most() {
        let (mut queue, mut now) = (queue(&["a"]), Instant::now());
        for _ in 0..20 {
            now = queue.next(now).unwrap().max(now);
            started(&mut queue, now).unwrap();
            queue.fail("a", Some("a: denied".into()), now);
            queue.replace(applies(&["a"]));
        }
        queue.replace(applies(&["a", "b"]));
        assert_eq!(queue.next(now), Some(now + seconds(1)));
        assert_eq!(started(&mut queue, now + seconds(1)).as_deref(), Some("b"));
    }

    /// An API server refuses sooner than the next apply may start.
    #[test]
    fn watches_that_fail_do_not_starve_those_behind_them() {
        let names = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "b"];
        let (mut queue, begin) = (queue(&names), Instant::now());
        let mut now = begin;
        while now - begin < seconds(600) {
            now = queue.next(now).unwrap().max(now);
            let name = started(&mut queue, now).unwrap();
            if name == "b" {
                return;
            }
            queue.fail(&name, Some("denied".into()), now);
            queue.replace(applies(&names));
        }
        panic!("the last one is never tried");
    }

    #[test]
    fn failures_at_the_same_time_are_one_failure() {
        let (mut queue, now) = (queue(&["a", "b", "c"]), Instant::now());
        while started(&mut queue, now).is_some() {}
        for name in ["a", "b", "c"] {
            queue.fail(name, Some(format!("{name}: quota")), now);
        }
        queue.replace(applies(&["a", "b", "c"]));
        assert_eq!(queue.next(now), Some(now + seconds(1)));
        assert_eq!(queue.failure(), Some("a: quota"));
    }

    #[test]
    fn without_success_the_tries_of_all_become_as_rare_as_one_a_minute() {
        let names: Vec<String> = (0..100).map(|number| format!("w-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (mut queue, begin) = (queue(&names), Instant::now());
        let (mut now, mut tries) = (begin, 0);
        while now - begin < seconds(3600) {
            now = queue.next(now).unwrap().max(now);
            let name = started(&mut queue, now).unwrap();
            queue.fail(&name, Some("quota".into()), now);
            queue.replace(applies(&names));
            tries += 1;
        }
        assert!((60..70).contains(&tries), "{tries}");
    }

    #[test]
    fn another_client_that_came_first_holds_up_one_watch_and_is_no_failure() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        started(&mut queue, now);
        queue.fail("a", None, now);
        queue.replace(applies(&["a", "b"]));
        assert_eq!((started(&mut queue, now).as_deref(), queue.failure()), (Some("b"), None));
        assert_eq!(queue.next(now), Some(now + seconds(1)));
    }

    #[test]
    fn what_is_not_wanted_any_more_does_not_fail() {
        let (mut queue, now) = (queue(&["a", "b"]), Instant::now());
        started(&mut queue, now);
        queue.fail("a", Some("a: denied".into()), now);
        queue.replace(applies(&["b"]));
        assert_eq!(queue.failure(), None);
        assert_eq!(started(&mut queue, now).as_deref(), Some("b"));
    }

    #[test]
    fn what_the_api_server_stores_otherwise_is_reported_and_not_applied_until_something_changes() {
        let (mut queue, now) = (queue(&["a"]), Instant::now());
        queue.give_up("a");
        assert_eq!((queue.next(now), started(&mut queue, now)), (None, None));
        assert!(queue.failure().unwrap().starts_with("a: the API server stores it otherwise"));
        queue.replace(applies(&["a"]));
        assert_eq!((started(&mut queue, now).as_deref(), queue.failure()), (Some("a"), None));
    }
}
