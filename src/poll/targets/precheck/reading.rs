//! The lists of one region that sets read: which of them says something, and how the others ended (contract §15.1).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::set::{ListedApp, RegionList, RegionLists};
use crate::domain::{Failure, FailureClass};
use crate::poll::ListNewsSender;
use crate::poll::subscription::SetId;
use crate::sae::{ListedApplication, Listing, candidate};

/// A difference between SAE's count and its list is believed once so many lists in a row had it.
const SETTLED: u32 = 3;
/// How soon a list is read again that said nothing; doubled with each further one.
const RETRY: Duration = Duration::from_secs(60);

/// The number of the next list. One row of numbers serves all accounts: a set compares the lists of an account with those
/// that a scheduler before this one had read for it.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What is read of one region.
#[derive(Debug)]
pub(super) struct Reading {
    readers: BTreeMap<SetId, ListNewsSender>,
    /// When it is listed next, if nothing else lists it before.
    pub(super) due_at: Instant,
    list: Option<Arc<RegionList>>,
    /// The number of the first list of the row of complete ones, while it lasts.
    row_start: Option<u64>,
    /// The difference that the newest list had, and how many in a row had it.
    difference: Option<(i64, u32)>,
    failures: u32,
    failure: Option<Failure>,
    /// Lists in a row that said nothing.
    in_vain: u32,
}

impl Reading {
    /// Of a region that no set has read so far.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            readers: BTreeMap::new(),
            due_at: now,
            list: None,
            row_start: None,
            difference: None,
            failures: 0,
            failure: None,
            in_vain: 0,
        }
    }

    /// A set reads it, and is notified there.
    pub(super) fn join(&mut self, set: &SetId, news: &ListNewsSender) {
        self.readers.insert(set.clone(), news.clone());
    }

    /// A set reads it no longer.
    pub(super) fn leave(&mut self, set: &SetId) {
        self.readers.remove(set);
    }

    /// Whether a set reads it.
    pub(super) fn is_read_by(&self, set: &SetId) -> bool {
        self.readers.contains_key(set)
    }

    /// Whether no set reads it.
    pub(super) fn is_unread(&self) -> bool {
        self.readers.is_empty()
    }

    /// How the lists stand.
    pub(super) fn lists(&self) -> RegionLists {
        let unsettled = self.difference.filter(|(_, lists)| *lists < SETTLED);
        RegionLists {
            list: self.list.clone(),
            unsettled: unsettled.map(|(difference, _)| difference),
            failures: self.failures,
            failure: self.failure.clone(),
        }
    }

    /// A list was read to its end.
    pub(super) fn listed(&mut self, list: Listing<ListedApplication>, read_at: Timestamp) {
        let Listing { entries, difference, pages: _, is_counted } = list;
        if !is_counted {
            return self.failed(uncounted());
        }
        let sequence = NEXT.fetch_add(1, Ordering::Relaxed);
        (self.failures, self.failure) = (0, None);
        let row_start = match difference {
            None => {
                self.difference = None;
                *self.row_start.get_or_insert(sequence)
            }
            Some(difference) => {
                let before = self.difference.filter(|(before, _)| *before == difference);
                let lists = before.map_or(0, |(_, lists)| lists) + 1;
                (self.difference, self.row_start) = (Some((difference, lists)), None);
                if lists < SETTLED {
                    self.in_vain += 1;
                    return self.notify();
                }
                sequence
            }
        };
        self.in_vain = 0;
        let applications = applications(entries);
        self.list = Some(Arc::new(RegionList { sequence, row_start, read_at, difference, applications }));
        self.notify();
    }

    /// A list failed, or was refused. It ends every row.
    pub(super) fn failed(&mut self, failure: Failure) {
        self.row_start = None;
        self.difference = self.difference.map(|(difference, _)| (difference, 0));
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(failure);
        self.in_vain += 1;
        self.notify();
    }

    /// Whether the newest list ended in such a failure.
    pub(super) fn has_failed_by(&self, is_such: fn(&Failure) -> bool) -> bool {
        self.failure.as_ref().is_some_and(is_such)
    }

    /// How long after the beginning of the newest list the next one is read, where `every` is the usual time.
    pub(super) fn wait(&self, every: Duration) -> Duration {
        let retry = self.in_vain.checked_sub(1).map(|doublings| RETRY * (1 << doublings.min(8)));
        retry.map_or(every, |retry| retry.min(every))
    }

    /// Notifies each set that reads it.
    pub(super) fn notify(&self) {
        for (set, news) in &self.readers {
            // The receiver is gone only when the operator is stopping.
            let _ = news.send(set.clone());
        }
    }
}

/// The failure of a list that does not say how many applications there are.
fn uncounted() -> Failure {
    let message = "ListApplications: SAE does not say how many applications there are, or not the same on each page; some may be \
                   missing";
    Failure { class: FailureClass::Transient, message: message.to_owned() }
}

/// The applications of a list, by their ids: each once, and none that is being deleted or has no id that could be one.
fn applications(list: Vec<ListedApplication>) -> Vec<ListedApp> {
    let mut applications: Vec<ListedApp> = list.into_iter().filter_map(application).collect();
    applications.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
    applications.dedup_by(|a, b| a.id == b.id);
    applications.shrink_to_fit();
    applications
}

fn application(listed: ListedApplication) -> Option<ListedApp> {
    let id = candidate(&listed)?;
    let ListedApplication { app: _, name, namespace, instances: _, running: _, is_deleting: _, tags } =
        listed;
    let (name, namespace) = (name.map(String::into_boxed_str), namespace.map(String::into_boxed_str));
    Some(ListedApp { id, name, namespace, tags })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How one list ends.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum End {
        Whole,
        Short(i64),
        Uncounted,
        Failed,
    }

    fn row(app: &str) -> ListedApplication {
        ListedApplication {
            app: app.to_owned(),
            name: Some(app.to_owned()),
            namespace: None,
            instances: None,
            running: None,
            is_deleting: false,
            tags: Box::default(),
        }
    }

    fn list(entries: Vec<ListedApplication>, difference: Option<i64>) -> Listing<ListedApplication> {
        Listing { entries, difference, pages: 1, is_counted: true }
    }

    fn end(reading: &mut Reading, end: End) {
        let entries = vec![row("a")];
        match end {
            End::Whole => reading.listed(list(entries, None), Timestamp::UNIX_EPOCH),
            End::Short(difference) => reading.listed(list(entries, Some(difference)), Timestamp::UNIX_EPOCH),
            End::Uncounted => {
                let list = Listing { is_counted: false, ..list(entries, None) };
                reading.listed(list, Timestamp::UNIX_EPOCH);
            }
            End::Failed => {
                let class = FailureClass::Transient;
                reading.failed(Failure { class, message: "broken".to_owned() });
            }
        }
    }

    /// What stands after lists that ended so.
    fn after(ends: &[End]) -> RegionLists {
        let mut reading = Reading::new(Instant::now());
        for one in ends {
            end(&mut reading, *one);
        }
        reading.lists()
    }

    #[test]
    fn a_difference_is_believed_once_three_lists_in_a_row_had_it() {
        use End::{Failed, Short, Whole};
        for (ends, is_believed) in [
            (&[Short(1), Short(1)][..], false),
            (&[Short(1), Short(1), Short(1)], true),
            (&[Short(1), Short(2), Short(1), Short(1)], false),
            (&[Short(1), Short(1), Failed, Short(1)], false),
            (&[Short(1), Short(1), Whole, Short(1)], true),
        ] {
            let lists = after(ends);
            let believed = lists.list.is_some();
            assert_eq!(believed, is_believed, "{ends:?}");
            assert_eq!(lists.unsettled.is_some(), ends.last() != Some(&Whole) && !settles(ends), "{ends:?}");
        }
        let settled = after(&[Short(1), Short(1), Short(1)]).list.unwrap();
        assert_eq!((settled.difference, settled.row_start), (Some(1), settled.sequence));
    }

    fn settles(ends: &[End]) -> bool {
        ends.len() >= 3 && ends[ends.len() - 3..].iter().all(|one| *one == End::Short(1))
    }

    #[test]
    fn a_list_that_is_not_counted_is_a_failure_that_says_so() {
        let lists = after(&[End::Uncounted]);
        assert!(lists.list.is_none());
        assert_eq!(lists.failures, 1);
        assert_eq!(lists.failure, Some(uncounted()));
    }

    #[test]
    fn what_is_kept_has_each_application_once_and_none_that_goes() {
        let mut reading = Reading::new(Instant::now());
        let goes = ListedApplication { is_deleting: true, ..row("goes") };
        let entries = vec![row("b"), goes, row("not an id"), row("a"), row("b"), row("")];
        reading.listed(list(entries, None), Timestamp::UNIX_EPOCH);
        let kept = reading.lists().list.unwrap();
        let ids: Vec<&str> = kept.applications.iter().map(|app| app.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn a_list_that_says_nothing_is_read_again_after_a_minute_then_two_up_to_the_usual_time() {
        let mut reading = Reading::new(Instant::now());
        let every = Duration::from_secs(600);
        let mut waits = vec![reading.wait(every).as_secs()];
        for one in [End::Failed, End::Short(1), End::Uncounted, End::Failed, End::Failed, End::Whole] {
            end(&mut reading, one);
            waits.push(reading.wait(every).as_secs());
        }
        assert_eq!(waits, [600, 60, 120, 240, 480, 600, 600]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// What a set takes for three complete lists in a row is no less.
        #[test]
        fn a_row_holds_complete_lists_and_nothing_between_them(
            ends in prop::collection::vec(
                prop_oneof![
                    3 => Just(End::Whole), 1 => (1..3_i64).prop_map(End::Short), 1 => Just(End::Uncounted),
                    1 => Just(End::Failed),
                ],
                1..30,
            ),
        ) {
            let mut reading = Reading::new(Instant::now());
            let (mut row, mut last) = (0, 0);
            for one in ends {
                end(&mut reading, one);
                row = if one == End::Whole { row + 1 } else { 0 };
                let lists = reading.lists();
                prop_assert_eq!(lists.failures == 0, matches!(one, End::Whole | End::Short(_)));
                let Some(list) = lists.list.filter(|list| list.sequence > last) else { continue };
                last = list.sequence;
                prop_assert_eq!(list.difference.is_none(), one == End::Whole);
                // Other tests take numbers, too.
                prop_assert_eq!(list.row_start == list.sequence, row <= 1);
            }
        }
    }
}
