//! What the polls know about a target beside its data: how often, how well, since when.

use jiff::{SignedDuration, Timestamp};

use super::Reason;

/// How the polls of one watch go. `Default` is a watch that was never polled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pace {
    /// The time between polls while the quota makes it longer than the watch's interval; already in the steps
    /// of the status.
    pub effective_interval: Option<SignedDuration>,
    /// Failed attempts in a row; a throttled one neither counts nor ends the row.
    pub failures: u32,
    /// How the newest attempt for this watch's target ended; `None` before the first.
    pub last: Option<Attempt>,
    /// Whether it waits for its turn: nothing has been asked yet, and nothing is being asked.
    pub is_queued: bool,
    /// Since when an answer has been waited for; `None` when the newest attempt was answered.
    pub waiting_since: Option<Timestamp>,
    /// The newest generation of the spec that an attempt was started for.
    pub generation: Option<i64>,
    /// The request token that the newest finished attempt served.
    pub token_served: Option<String>,
}

/// How one attempt of the scheduler, with all its calls, ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    /// With a good answer.
    Observed,
    /// Without one.
    Failed(Failure),
}

/// Why an attempt gave no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What follows from it.
    pub class: FailureClass,
    /// What went wrong and what to do about it: operation, SAE's code, HTTP status and advice, for people.
    /// Without RequestId, times or anything else that moves by itself, so that equal failures are equal texts.
    pub message: String,
}

/// What follows from a failure (contract §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// It passes: retried soon, shown after `failureThreshold` of them.
    Transient,
    /// The account is over its quota: all its watches wait, and none is at fault.
    Throttled,
    /// It stays until a person acts: shown at once as Stalled, with one of the reasons of permanent errors.
    Permanent(Reason),
}
