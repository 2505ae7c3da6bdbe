//! Which job goes next: seven lanes, the more urgent first, and none is starved (contract §8, "Order").

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// Why a job waits, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A spec that is new or changed.
    Changed,
    /// A poll that somebody asked for.
    Refresh,
    /// A change that one more poll must confirm.
    Confirm,
    /// A watch that a set made or changed.
    OfSet,
    /// The pre-check of a region.
    Precheck,
    /// The question why an application is unwell.
    Diagnosis,
    /// The next poll by the clock.
    Periodic,
}

/// What a waiting job needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need<T> {
    /// Why it waits.
    pub lane: Lane,
    /// From when on it may go.
    pub at: T,
    /// By when it should have gone: of those that may go, the one with the earliest goes first.
    pub by: T,
}

/// After how many jobs of a more urgent lane one call goes to the job below that should have gone first. Counted in
/// jobs and not in calls, so that a new watch is passed at most twice (once before its first call and once
/// between its calls) however many calls it needs; one job in four keeps the lower lanes moving.
const PASSES: u32 = 3;

/// Which of the waiting jobs may go.
#[derive(Debug, Clone, Copy)]
pub struct Eligible<T> {
    /// Jobs that are due by then.
    pub now: T,
    /// Jobs by the clock that are due by then: earlier than `now` while the account warms up after its start.
    pub periodic: T,
    /// The least urgent lane that may go.
    pub least_urgent: Lane,
    /// Lanes that have had their part of the calls for now.
    pub closed: [Option<Lane>; 2],
}

/// The job that goes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dequeued<T, J> {
    /// The job.
    pub job: J,
    /// What it needed.
    pub need: Need<T>,
    /// Whether it has begun before.
    pub begun: bool,
}

/// All waiting jobs `J` with due times `T`: ordered sets, so that taking the next one and putting one back cost
/// O(log n) comparisons, however many wait.
#[derive(Debug)]
pub struct Lanes<T, J> {
    needs: HashMap<J, Need<T>>,
    queues: [Queue<T, J>; Lane::ALL.len()],
    passed: u32,
}

/// One lane.
#[derive(Debug)]
struct Queue<T, J> {
    /// Jobs that are not due yet, by when they are.
    later: BTreeSet<(T, J)>,
    /// Jobs that may go, by when they should.
    ready: BTreeSet<(T, J)>,
    /// Jobs with more calls to make, which go before new ones: half an answer is worth nothing.
    begun: VecDeque<(T, J)>,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub(crate) const ALL: [Self; 7] = [
        Self::Changed,
        Self::Refresh,
        Self::Confirm,
        Self::OfSet,
        Self::Precheck,
        Self::Diagnosis,
        Self::Periodic,
    ];

    /// The lane's word for metric labels.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Refresh => "refresh",
            Self::Confirm => "confirm",
            Self::OfSet => "set",
            Self::Precheck => "precheck",
            Self::Diagnosis => "diagnosis",
            Self::Periodic => "periodic",
        }
    }
}

impl<T: Copy> Need<T> {
    /// Due from a moment on, before whatever is due later.
    pub fn new(lane: Lane, at: T) -> Self {
        Self { lane, at, by: at }
    }

    /// The same, not due before `from`.
    pub(super) fn not_before(self, from: T) -> Self
    where
        T: Ord,
    {
        Self { at: self.at.max(from), by: self.by.max(from), ..self }
    }
}

impl<T: Ord + Copy, J: Ord + Hash + Copy> Lanes<T, J> {
    /// No jobs.
    pub fn new() -> Self {
        Self { needs: HashMap::new(), queues: std::array::from_fn(|_| Queue::new()), passed: 0 }
    }

    /// Sets what a job needs; `None` takes it out. Whether that changed anything.
    pub fn set(&mut self, job: J, need: Option<Need<T>>) -> bool {
        let old = match need {
            Some(need) => self.needs.insert(job, need),
            None => self.needs.remove(&job),
        };
        if old == need {
            return false;
        }
        if let Some(old) = old {
            self.queues[old.lane as usize].remove(old, job);
        }
        if let Some(need) = need {
            self.queues[need.lane as usize].later.insert((need.at, job));
        }
        true
    }

    /// A job that has begun waits for its next call.
    pub(crate) fn requeue(&mut self, job: J, lane: Lane, now: T) {
        self.queues[lane as usize].begun.push_back((now, job));
    }

    /// Takes a job out that has begun and waits.
    pub(crate) fn drop_begun(&mut self, job: J) {
        for queue in &mut self.queues {
            queue.begun.retain(|(_, other)| *other != job);
        }
    }

    /// Takes the job that goes now; a new one leaves its lane.
    pub fn take(&mut self, eligible: Eligible<T>) -> Option<Dequeued<T, J>> {
        let mut first: Option<Dequeued<T, J>> = None;
        let mut below: Option<Dequeued<T, J>> = None;
        let may_go = |lane: &Lane| *lane <= eligible.least_urgent && !eligible.closed.contains(&Some(*lane));
        for lane in Lane::ALL.into_iter().filter(may_go) {
            let until = if lane == Lane::Periodic { eligible.periodic } else { eligible.now };
            let Some(head) = self.head(lane, until) else { continue };
            if first.is_none() {
                first = Some(head);
            } else if below.is_none_or(|below| head.need.by < below.need.by) {
                below = Some(head);
            }
        }
        let next = match (first?, below) {
            (_, Some(below)) if self.passed >= PASSES => {
                self.passed = 0;
                below
            }
            (first, below) => {
                self.passed += u32::from(below.is_some() && !first.begun);
                first
            }
        };
        if next.begun {
            self.queues[next.need.lane as usize].begun.pop_front();
        } else {
            self.set(next.job, None);
        }
        Some(next)
    }

    /// When the next job falls due of those that are not due yet.
    pub(crate) fn next_due(&self, now: T) -> Option<T> {
        self.queues
            .iter()
            .filter_map(|queue| queue.later.first())
            .map(|(at, _)| *at)
            .filter(|at| *at > now)
            .min()
    }

    /// When the first job falls due, or fell due.
    pub(crate) fn first_due(&self) -> Option<T> {
        self.first_dues(1).min()
    }

    /// When the second one does.
    pub(crate) fn second_due(&self) -> Option<T> {
        let mut dues: Vec<T> = self.first_dues(2).collect();
        dues.sort_unstable();
        dues.get(1).copied()
    }

    /// The first `count` of each queue, whatever their state.
    fn first_dues(&self, count: usize) -> impl Iterator<Item = T> {
        self.queues.iter().flat_map(move |queue| {
            let begun = queue.begun.iter().take(count).map(|(since, _)| *since);
            let ready = queue.ready.iter().take(count).filter_map(|(_, job)| Some(self.needs.get(job)?.at));
            let later = queue.later.iter().take(count).map(|(at, _)| *at);
            begun.chain(ready).chain(later)
        })
    }

    /// Whether any job of a lane is due or has begun.
    pub(crate) fn has_waiting(&self, lane: Lane, now: T) -> bool {
        let Queue { later, ready, begun } = &self.queues[lane as usize];
        !begun.is_empty() || !ready.is_empty() || later.first().is_some_and(|(at, _)| *at <= now)
    }

    /// How many jobs of a lane are due or have begun. Counts them one by one, for metrics only.
    pub(crate) fn waiting(&self, lane: Lane, now: T) -> usize {
        let queue = &self.queues[lane as usize];
        queue.begun.len() + queue.ready.len() + queue.later.iter().take_while(|(at, _)| *at <= now).count()
    }

    fn head(&mut self, lane: Lane, until: T) -> Option<Dequeued<T, J>> {
        let queue = &mut self.queues[lane as usize];
        if let Some((since, job)) = queue.begun.front() {
            return Some(Dequeued { job: *job, need: Need::new(lane, *since), begun: true });
        }
        while let Some((_, job)) = queue.later.first().copied().filter(|(at, _)| *at <= until) {
            queue.later.pop_first();
            if let Some(need) = self.needs.get(&job) {
                queue.ready.insert((need.by, job));
            }
        }
        let (_, job) = queue.ready.first().copied()?;
        self.needs.get(&job).map(|need| Dequeued { job, need: *need, begun: false })
    }
}

impl<T: Ord + Copy, J: Ord + Hash + Copy> Default for Lanes<T, J> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Ord + Copy, J: Ord + Copy> Queue<T, J> {
    fn new() -> Self {
        Self { later: BTreeSet::new(), ready: BTreeSet::new(), begun: VecDeque::new() }
    }

    fn remove(&mut self, need: Need<T>, job: J) {
        if !self.ready.remove(&(need.by, job)) {
            self.later.remove(&(need.at, job));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[allow(clippy::unnecessary_wraps, reason = "a lane takes a moment or none")]
    fn need(lane: Lane, at: u64) -> Option<Need<u64>> {
        Some(Need::new(lane, at))
    }

    fn eligible(now: u64) -> Eligible<u64> {
        Eligible { now, periodic: now, least_urgent: Lane::Periodic, closed: [None; 2] }
    }

    /// Takes jobs until none may go.
    fn drain(lanes: &mut Lanes<u64, &'static str>, now: u64) -> Vec<&'static str> {
        std::iter::from_fn(|| lanes.take(eligible(now))).map(|next| next.job).collect()
    }

    #[test]
    fn the_more_urgent_lane_goes_first_and_in_a_lane_the_most_overdue() {
        let mut lanes = Lanes::new();
        lanes.set("late", need(Lane::Periodic, 2));
        lanes.set("later", need(Lane::Periodic, 1));
        lanes.set("confirm", need(Lane::Confirm, 5));
        lanes.set("new", need(Lane::Changed, 5));
        lanes.set("not yet", need(Lane::Changed, 6));
        assert_eq!(drain(&mut lanes, 5), ["new", "confirm", "later", "late"]);
        assert_eq!(lanes.next_due(5), Some(6));
    }

    #[test]
    fn how_long_overdue_a_job_is_counts_from_when_it_should_have_gone() {
        let mut lanes = Lanes::new();
        lanes.set("patient", Some(Need { lane: Lane::Periodic, at: 1, by: 100 }));
        lanes.set("pressing", Some(Need { lane: Lane::Periodic, at: 50, by: 60 }));
        assert_eq!(drain(&mut lanes, 49), ["patient"]);
        lanes.set("patient", Some(Need { lane: Lane::Periodic, at: 1, by: 100 }));
        assert_eq!(drain(&mut lanes, 50), ["pressing", "patient"]);
    }

    #[test]
    fn what_has_begun_goes_before_what_is_new_in_its_lane() {
        let mut lanes = Lanes::new();
        lanes.set("new", need(Lane::Periodic, 1));
        lanes.requeue("begun", Lane::Periodic, 9);
        lanes.set("urgent", need(Lane::Changed, 9));
        assert_eq!(drain(&mut lanes, 9), ["urgent", "begun", "new"]);
        lanes.requeue("begun", Lane::Periodic, 9);
        lanes.drop_begun("begun");
        assert_eq!(lanes.take(eligible(9)), None);
    }

    #[test]
    fn the_first_two_moments_at_which_somebody_is_due_are_known() {
        let mut lanes = Lanes::new();
        assert_eq!((lanes.first_due(), lanes.second_due()), (None, None));
        lanes.set("by the clock", Some(Need { lane: Lane::Periodic, at: 5, by: 100 }));
        assert_eq!((lanes.first_due(), lanes.second_due()), (Some(5), None));
        lanes.set("later", need(Lane::Periodic, 7));
        lanes.set("new", need(Lane::Changed, 6));
        assert_eq!((lanes.first_due(), lanes.second_due()), (Some(5), Some(6)));
        assert_eq!(lanes.take(eligible(6)).map(|next| next.job), Some("new"));
        assert_eq!(
            (lanes.first_due(), lanes.second_due()),
            (Some(5), Some(7)),
            "also of one that is overdue"
        );
        lanes.requeue("new", Lane::Changed, 6);
        assert_eq!(lanes.second_due(), Some(6), "also of one that has begun");
    }

    #[test]
    fn a_closed_lane_waits() {
        let mut lanes = Lanes::new();
        lanes.set("by the clock", need(Lane::Periodic, 5));
        lanes.set("overdue from before", need(Lane::Periodic, 0));
        let settling = Eligible { periodic: 0, ..eligible(9) };
        assert_eq!(lanes.take(settling).map(|next| next.job), Some("overdue from before"));
        assert_eq!(lanes.take(settling), None);
        assert_eq!(lanes.take(Eligible { least_urgent: Lane::Refresh, ..eligible(9) }), None);
        assert_eq!(lanes.take(Eligible { closed: [None, Some(Lane::Periodic)], ..eligible(9) }), None);
        assert_eq!(drain(&mut lanes, 9), ["by the clock"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// With more urgent work than can ever be done, every fourth job is one that waited below.
        #[test]
        fn waiting_promotes(below in prop::collection::vec((2..7_usize, 0..100_u64), 1..20)) {
            let mut lanes = Lanes::new();
            for (job, (lane, at)) in below.iter().enumerate() {
                lanes.set(job, need(Lane::ALL[*lane], *at));
            }
            let mut left = below.len();
            for round in 0..4 * below.len() + 4 {
                lanes.set(1000 + round, need(Lane::Changed, 100));
                let next = lanes.take(eligible(100)).unwrap();
                left -= usize::from(next.job < 1000);
            }
            prop_assert_eq!(left, 0);
        }

        #[test]
        fn every_job_goes_once_and_none_before_it_is_due(
            jobs in prop::collection::vec((0..7_usize, 0..100_u64, 0..50_u64), 0..60),
        ) {
            let mut lanes = Lanes::new();
            for (job, (lane, at, slack)) in jobs.iter().enumerate() {
                // Set twice; the newer need counts.
                lanes.set(job, need(Lane::Periodic, 3));
                lanes.set(job, Some(Need { lane: Lane::ALL[*lane], at: *at, by: at + slack }));
            }
            let mut gone = BTreeSet::new();
            for now in 0..100 {
                prop_assert_eq!(
                    Lane::ALL.into_iter().map(|lane| lanes.waiting(lane, now)).sum::<usize>(),
                    jobs.iter().filter(|(_, at, _)| *at == now).count()
                );
                while let Some(next) = lanes.take(eligible(now)) {
                    prop_assert_eq!(jobs[next.job].1, now);
                    prop_assert!(gone.insert(next.job));
                }
            }
            prop_assert_eq!(gone.len(), jobs.len());
        }
    }
}
