//! What an attempt leaves behind on its target: knowledge, failures, and when to retry.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::cause::Cause;
use super::knowledge::{Knowledge, KnownGroups};
use super::tracked::{Ended, Started, Tracked};
use crate::domain::{Attempt, Failure, FailureClass, Observation, fingerprint, instances_fingerprint};
use crate::poll::gate::backoff;
use crate::sae::Walked;

/// What an answer shows beside the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The fingerprint of what the revision and the health come from.
    pub(super) fingerprint: u64,
    /// Whether that is another one; `None`: there was no answer before.
    pub(crate) changed: Option<bool>,
    /// Whether more instances fail or are unhealthy.
    pub(crate) worse: bool,
}

impl Tracked {
    /// Takes in a whole answer.
    pub(crate) fn observed(
        &mut self,
        started: &Started,
        answer: Walked,
        wall: Timestamp,
        now: Instant,
    ) -> Found {
        let found = self.compare(&answer);
        let Walked { groups, mut instances, stopped, headcount, groups_read, calls, differences } = answer;
        // Where the API server is slower than SAE, thousands of answers wait to be written.
        instances.shrink_to_fit();
        let known = self.knowledge.groups.take();
        let (read_at, polls) = match known {
            Some(known) if !groups_read => (known.read_at, known.polls + 1),
            Some(_) | None => (started.at, 0),
        };
        // Without groups there is nothing to ask but the groups again.
        let known = (!groups.is_empty()).then(|| KnownGroups { groups: groups.clone(), read_at, polls });
        let fingerprint = Some(found.fingerprint);
        self.knowledge =
            Knowledge { groups: known, headcount: Some(headcount), fingerprint, differences, calls };
        self.observation = Some(Arc::new(Observation { at: wall, groups, instances, stopped }));
        self.asked = Some(started.at);
        self.last = Some(Ended { at: now, how: Attempt::Observed });
        self.failures = 0;
        self.waiting_since = None;
        self.retry_at = None;
        for watcher in self.watchers.iter_mut() {
            let made_for = watcher.note_handled();
            watcher.answered |= made_for;
            watcher.unacknowledged = made_for;
        }
        found
    }

    /// What an answer shows beside the one before.
    fn compare(&self, answer: &Walked) -> Found {
        let instances = instances_fingerprint(&answer.instances);
        let fingerprint = fingerprint(&(instances, answer.headcount.desired, answer.stopped));
        let before = self.knowledge.headcount;
        Found {
            fingerprint,
            changed: self.knowledge.fingerprint.map(|before| before != fingerprint),
            worse: before.is_some_and(|before| answer.headcount.unwell > before.unwell),
        }
    }

    /// Takes in that an attempt failed.
    pub(crate) fn failed(
        &mut self,
        started: &Started,
        failure: Failure,
        hint: Option<Duration>,
        now: Instant,
    ) {
        self.waiting_since.get_or_insert(started.wall);
        // No poll has followed it up yet.
        self.moved = self.moved.or(started.moved);
        match failure.class {
            // It stays as due as it was, in the lane where it was.
            FailureClass::Throttled => {
                self.last = Some(Ended { at: now, how: Attempt::Failed(failure) });
                if let Cause::Hint(at) = started.cause {
                    self.hinted = Some(at);
                }
                return;
            }
            FailureClass::Transient => {
                self.failures += 1;
                let jitter = self.seed.jitter(self.failures.into());
                let wait = backoff::after_failure(self.failures, self.longest_wait(), hint, jitter);
                self.retry_at = Some(now + wait);
            }
            // SAE answered, though not as hoped: no failed poll, and it ends a row of them.
            FailureClass::Permanent(_) => {
                self.failures = 0;
                self.retry_at = Some(now + backoff::after_permanent(self.interval()));
            }
        }
        self.asked = Some(started.at);
        self.last = Some(Ended { at: now, how: Attempt::Failed(failure) });
        for watcher in self.watchers.iter_mut() {
            watcher.note_handled();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reason, Target};
    use crate::poll::targets::RunNumber;

    #[test]
    fn numbers_that_moved_are_still_to_be_followed_up_after_a_poll_that_failed() {
        let now = Instant::now();
        let target = Target {
            account: None,
            region: "cn-hangzhou".parse().unwrap(),
            app: "app".parse().unwrap(),
            groups: None,
            instance: None,
            pipeline: None,
        };
        let mut tracked = Tracked::new(Arc::new(target), now);
        tracked.moved = Some(now);
        let classes =
            [FailureClass::Throttled, FailureClass::Transient, FailureClass::Permanent(Reason::AccessDenied)];
        for class in classes {
            let started = tracked.begin(RunNumber::default(), now, Timestamp::UNIX_EPOCH);
            assert_eq!(tracked.moved, None, "this poll follows them up");
            tracked.failed(&started, Failure { class, message: String::new() }, None, now);
            assert_eq!(tracked.moved, Some(now), "{class:?}");
        }
    }
}
