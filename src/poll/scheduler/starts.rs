//! How a job starts, and how it gets its further calls.

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::job::{Job, JobKey, JobRun, Plan};
use super::lanes::{Dequeued, Lane};
use super::{Next, Scheduler};
use crate::poll::targets::{RunNumber, TargetKey};

impl Scheduler {
    /// Spends one call on a job.
    pub(super) fn spend_on(&mut self, next: Dequeued<Instant, JobKey>, now: Instant) -> Next {
        if next.begun {
            // The receiver of the permit is gone only when the driver is stopping.
            if self.permits.remove(&next.job).is_some_and(|(_, permit)| permit.send(()).is_ok()) {
                self.spend(next.job, next.need.lane, now);
            }
            return Next::AskAgain;
        }
        let run = JobRun {
            key: self.job_of(next.job),
            lane: next.need.lane,
            number: RunNumber(self.next_number()),
        };
        let job = match run.key {
            JobKey::Poll(key) | JobKey::OfSet(key) => self.begin_poll(key, run, now).map(Job::Poll),
            JobKey::Sweep(key) => self.precheck.begin(key, run.number, now).map(Job::Sweep),
            JobKey::Resolve(key) => self.begin_resolution(key, run, now).map(Job::LookUp),
            JobKey::Names(key) => self.begin_name_list(key, run, now).map(Job::LookUp),
            JobKey::Diagnosis(key) => self.begin_diagnosis(key, run, now),
        };
        let Some(job) = job else { return Next::AskAgain };
        self.spend(run.key, run.lane, now);
        self.counters.waited(run.lane, now.saturating_duration_since(next.need.at));
        Next::Start(run, job)
    }

    /// A call of a job starts.
    fn spend(&mut self, job: JobKey, lane: Lane, now: Instant) {
        self.gate.spend(now);
        match lane {
            Lane::OfSet => self.gate.of_sets.spend(now),
            Lane::Diagnosis => self.gate.diagnoses.spend(now),
            Lane::Changed | Lane::Refresh | Lane::Confirm | Lane::Precheck | Lane::Periodic => {}
        }
        if let JobKey::Sweep(key) = job {
            self.precheck.spend(key, self.gate.budget.spacing(), now);
        }
    }

    /// What is done for a job that is due: a name without an id is asked for, and not polled; and a poll is one, whichever
    /// of its places in the lanes came first.
    fn job_of(&self, due: JobKey) -> JobKey {
        match due {
            JobKey::Poll(key) | JobKey::OfSet(key) if self.names.get(key).is_some() => JobKey::Resolve(key),
            JobKey::OfSet(key) => JobKey::Poll(key),
            due => due,
        }
    }

    /// A target waits for no call.
    pub(super) fn leave_lanes(&mut self, key: TargetKey) {
        self.lanes.set(JobKey::Poll(key), None);
        self.lanes.set(JobKey::OfSet(key), None);
    }

    /// Notes what a poll is made for and with what it starts.
    fn begin_poll(&mut self, key: TargetKey, run: JobRun, now: Instant) -> Option<Plan> {
        let wall = self.clock.now();
        self.serve_hint(key);
        let tracked = self.targets.get_mut(&key)?;
        // A new spec, a request and moved numbers call for the groups as they are now.
        let is_news = tracked.is_asked_for() || tracked.moved.is_some();
        let target = tracked.target.clone()?;
        let covered = self.precheck.covers(&target, now);
        let reads_groups = is_news || tracked.knowledge.has_old_groups(covered, now);
        let plan = Plan { target, timeout: tracked.timeout(), known: tracked.knowledge.known(reads_groups) };
        tracked.attempt = Some(Box::new(tracked.begin(run.number, now, wall)));
        self.leave_lanes(key);
        Some(plan)
    }

    /// A job that has begun needs another call; `None` if no watch needs its answer any more.
    pub(crate) fn request_permit(&mut self, run: JobRun) -> Option<oneshot::Receiver<()>> {
        if !self.is_wanted(run.key, run.number) {
            return None;
        }
        let (permit, granted) = oneshot::channel();
        self.permits.insert(run.key, (run.number, permit));
        self.lanes.requeue(run.key, run.lane, Instant::now());
        Some(granted)
    }

    fn is_wanted(&self, job: JobKey, number: RunNumber) -> bool {
        match job {
            JobKey::Poll(key) | JobKey::OfSet(key) => {
                let attempt = self.targets.get(&key).and_then(|tracked| tracked.attempt.as_ref());
                attempt.is_some_and(|attempt| attempt.number == number && !attempt.withdrawn)
            }
            JobKey::Sweep(key) => self.precheck.is_wanted(key, number),
            JobKey::Resolve(_) => !self.names.of_run(number).is_empty(),
            JobKey::Names(key) => self.name_lists.is_under_way(key, number),
            JobKey::Diagnosis(key) => {
                self.targets.get(&key).is_some_and(|one| one.awaits_diagnosis(number, Instant::now()))
            }
        }
    }

    /// Lets no further call out for jobs whose outcome is not needed any more.
    pub(super) fn close_unwanted(&mut self) {
        let waiting = self.permits.iter().map(|(job, (number, _))| (*job, *number));
        let unwanted: Vec<_> = waiting.filter(|(job, number)| !self.is_wanted(*job, *number)).collect();
        for (job, _) in unwanted {
            self.permits.remove(&job);
            self.lanes.drop_begun(job);
        }
    }

    /// Ends an attempt under way whose outcome no watch needs; its place is kept until its call is back, so
    /// that no second call goes to the same target meanwhile.
    pub(super) fn withdraw(&mut self, key: TargetKey) {
        if self.names.get(key).is_some() {
            return self.leave_resolution(key);
        }
        let attempt = self.targets.get_mut(&key).and_then(|tracked| tracked.attempt.as_mut());
        if let Some(attempt) = attempt {
            attempt.withdrawn = true;
            self.close_unwanted();
        }
    }
}
