//! Who goes next: four kinds of work, the more urgent first, and nobody forgotten (contract §8, "Order").

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
    /// The pre-check of a region.
    Precheck,
    /// The next poll by the clock.
    Periodic,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Changed, Self::Refresh, Self::Confirm, Self::Precheck, Self::Periodic];

    /// The lane's word for metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Refresh => "refresh",
            Self::Confirm => "confirm",
            Self::Precheck => "precheck",
            Self::Periodic => "periodic",
        }
    }
}

/// When a job is due in each lane; absent where it has no business.
pub(super) type Needs<T> = [Option<T>; Lane::ALL.len()];

/// After how many jobs of a more urgent lane one call goes to whoever has waited longest below. Counted in
/// jobs and not in calls, so that a new watch is passed at most twice (once before its first call and once
/// between its calls) however many calls it needs; one job in four keeps the lower lanes moving.
const PASSES: u32 = 3;

/// What of the waiting work may go now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<T> {
    /// Work that is due by now.
    pub(super) now: T,
    /// Work by the clock that was due by then; earlier than `now` while the account settles after its start.
    pub(super) periodic: T,
    /// The least urgent lane that may go.
    pub(super) deepest: Lane,
}

/// All waiting jobs `J` with due times `T`: one ordered set a lane, so that taking the next one and putting
/// one back cost O(log n) comparisons, however many wait.
#[derive(Debug)]
pub(super) struct Lanes<T, J> {
    needs: HashMap<J, Needs<T>>,
    due: [BTreeSet<(T, J)>; Lane::ALL.len()],
    /// Jobs with more calls to make, which go before new ones of their lane: half an answer is worth nothing.
    begun: [VecDeque<(T, J)>; Lane::ALL.len()],
    passed: u32,
}

/// The job whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next<T, J> {
    pub(super) job: J,
    pub(super) lane: Lane,
    /// Since when it was due.
    pub(super) due: T,
    /// Whether it has begun before.
    pub(super) begun: bool,
}

impl<T: Ord + Copy, J: Ord + Hash + Copy> Lanes<T, J> {
    pub(super) fn new() -> Self {
        Self {
            needs: HashMap::new(),
            due: std::array::from_fn(|_| BTreeSet::new()),
            begun: std::array::from_fn(|_| VecDeque::new()),
            passed: 0,
        }
    }

    /// Says when a job is due; all `None` takes it out.
    pub(super) fn set(&mut self, job: J, needs: Needs<T>) {
        let old = if needs.iter().all(Option::is_none) {
            self.needs.remove(&job)
        } else {
            self.needs.insert(job, needs)
        };
        for ((set, old), new) in self.due.iter_mut().zip(old.unwrap_or_default()).zip(needs) {
            if old == new {
                continue;
            }
            if let Some(due) = old {
                set.remove(&(due, job));
            }
            if let Some(due) = new {
                set.insert((due, job));
            }
        }
    }

    /// Says that a job that has begun waits for its next call.
    pub(super) fn go_on(&mut self, job: J, lane: Lane, now: T) {
        self.begun[lane as usize].push_back((now, job));
    }

    /// Takes a job out that has begun and waits.
    pub(super) fn drop_begun(&mut self, job: J) {
        for queue in &mut self.begun {
            queue.retain(|(_, other)| *other != job);
        }
    }

    /// Takes the job whose turn it is; a new one is taken out of all its lanes.
    pub(super) fn take(&mut self, open: Open<T>) -> Option<Next<T, J>> {
        let mut ready = Lane::ALL.into_iter().filter_map(|lane| self.head(lane, open));
        let first = ready.next()?;
        let longest_below = ready.min_by_key(|next| next.due);
        let next = match longest_below {
            Some(below) if self.passed >= PASSES => {
                self.passed = 0;
                below
            }
            Some(_) => {
                self.passed += u32::from(!first.begun);
                first
            }
            None => first,
        };
        if next.begun {
            self.begun[next.lane as usize].pop_front();
        } else {
            self.set(next.job, Needs::default());
        }
        Some(next)
    }

    /// When the next lane has something that is due, of those where nothing is due yet.
    pub(super) fn next_due(&self, now: T) -> Option<T> {
        self.due.iter().filter_map(|set| set.first()).map(|(due, _)| *due).filter(|due| *due > now).min()
    }

    /// How many jobs are due or have begun in a lane. Counts them one by one, for metrics only.
    pub(super) fn waiting(&self, lane: Lane, now: T) -> usize {
        let due = self.due[lane as usize].iter().take_while(|(due, _)| *due <= now).count();
        due + self.begun[lane as usize].len()
    }

    fn head(&self, lane: Lane, open: Open<T>) -> Option<Next<T, J>> {
        if lane > open.deepest {
            return None;
        }
        if let Some((due, job)) = self.begun[lane as usize].front() {
            return Some(Next { job: *job, lane, due: *due, begun: true });
        }
        let (due, job) = self.due[lane as usize].first()?;
        let by = if lane == Lane::Periodic { open.periodic } else { open.now };
        (*due <= by).then_some(Next { job: *job, lane, due: *due, begun: false })
    }
}
