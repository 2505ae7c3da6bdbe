//! What the status of an account says now, and what just happened.

use jiff::{SignedDuration, Timestamp};

use super::state::AccountState;
use super::usage::Usage;
use crate::api::{Condition, SaeAccountStatus};
use crate::domain::Event;
use crate::domain::conditions::Conditions;
use crate::domain::freshness::{FIRST_OUTCOME, REST_PERIOD, rest_in};
use crate::domain::ready_change::ReadyChange;

/// All that a decision depends on.
#[derive(Debug)]
pub(crate) struct AccountInput<'a> {
    /// The generation of the spec that the state answers.
    pub generation: i64,
    /// `metadata.uid`.
    pub uid: &'a str,
    /// The stored status.
    pub last: &'a SaeAccountStatus,
    /// How the account stands.
    pub state: &'a AccountState,
    /// Whether Ready was False when it was last True or False.
    pub was_false: bool,
    /// What its watches make of it.
    pub usage: &'a Usage,
    /// When that was written last by this process.
    pub usage_written: Option<Timestamp>,
    /// Since when this process knows the account.
    pub known_since: Timestamp,
    /// Since when nothing is known of its keys, if that is so.
    pub pending_since: Timestamp,
    /// The time, in whole seconds.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccountDecision {
    /// The status to store; `None` where the stored one says it all.
    pub write: Option<SaeAccountStatus>,
    /// Whether that holds newer usage than the stored one.
    pub has_usage: bool,
    /// What to emit before.
    pub event: Option<Event>,
    /// When to decide again if nothing happens before.
    pub wake: SignedDuration,
}

/// Decides.
pub(crate) fn decide_account(input: &AccountInput<'_>) -> AccountDecision {
    let AccountInput { last, state, usage, now, .. } = *input;
    let mut status =
        SaeAccountStatus { conditions: input.conditions(), caller: input.caller(), ..last.clone() };
    if state.is_outcome() {
        status.observed_generation = input.generation;
    }
    let has_first_outcome = state.is_outcome() || now.duration_since(input.pending_since) >= FIRST_OUTCOME;
    let before = status.clone();
    let usage_in = rest_in(input.usage_written, last.watches.is_some(), input.known_since, now);
    if has_first_outcome && usage_in <= SignedDuration::ZERO {
        status.watches = Some(usage.watches);
        status.calls.clone_from(&usage.calls);
        status.regions.clone_from(&usage.regions);
    }
    let has_usage = status != before;
    let is_to_write = has_first_outcome && status != *last;
    AccountDecision {
        event: input.event(&status.conditions).filter(|_| is_to_write),
        write: is_to_write.then_some(status),
        has_usage,
        wake: if has_first_outcome { REST_PERIOD } else { FIRST_OUTCOME },
    }
}

impl AccountInput<'_> {
    fn conditions(&self) -> Vec<Condition> {
        let mut conditions = Conditions::new(&self.last.conditions);
        conditions.set_row(self.state.row(), self.generation, self.now);
        conditions.into_vec()
    }

    /// The owner of the keys, as STS said it last. Keys that it refuses have none that is known.
    fn caller(&self) -> Option<String> {
        match self.state {
            AccountState::Verified { arn } | AccountState::Mismatch { arn, .. } => Some(arn.clone()),
            AccountState::Refused(..) => None,
            _ => self.last.caller.clone(),
        }
    }

    /// That Ready became False and why, or True again.
    fn event(&self, conditions: &[Condition]) -> Option<Event> {
        let change = ReadyChange {
            uid: self.uid,
            action: "Verify",
            before: &self.last.conditions,
            after: conditions,
            was_false: self.was_false,
        };
        change.event(self.state.reason()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EventType, Reason};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn verified() -> AccountState {
        AccountState::Verified { arn: "acs:ram::11111:user/a".into() }
    }

    fn refused() -> AccountState {
        AccountState::Refused(Reason::AuthenticationFailed, "STS does not know the key".into())
    }

    fn decide(
        last: &SaeAccountStatus,
        state: &AccountState,
        usage: &Usage,
        written: Option<i64>,
        now: i64,
    ) -> AccountDecision {
        decide_account(&input(last, state, usage, written, now))
    }

    fn input<'a>(
        last: &'a SaeAccountStatus,
        state: &'a AccountState,
        usage: &'a Usage,
        written: Option<i64>,
        now: i64,
    ) -> AccountInput<'a> {
        AccountInput {
            generation: 1,
            uid: "u-1",
            last,
            state,
            was_false: false,
            usage,
            usage_written: written.map(at),
            known_since: at(0),
            pending_since: at(0),
            now: at(now),
        }
    }

    #[test]
    fn conditions_are_written_at_once_and_usage_once_a_minute() {
        let mut usage = Usage::default();
        let first = decide(&SaeAccountStatus::default(), &verified(), &usage, None, 0);
        let stored = first.write.unwrap();
        assert_eq!(stored.observed_generation, 1);
        assert_eq!(stored.caller.as_deref(), Some("acs:ram::11111:user/a"));
        assert_eq!(first.event, None, "the first verification is no return");
        usage.count(true, crate::api::Health::Healthy);
        assert_eq!(decide(&stored, &verified(), &usage, Some(0), 59).write, None);
        let later = decide(&stored, &verified(), &usage, Some(0), 60);
        assert!(later.has_usage);
        assert_eq!(later.write.unwrap().watches.unwrap().total, 1);
        let fallen = decide(&stored, &refused(), &usage, Some(0), 1);
        assert!(!fallen.has_usage && fallen.write.unwrap().caller.is_none());
    }

    #[test]
    fn a_process_that_just_started_leaves_the_usage_of_the_one_before_for_a_minute() {
        let mut usage = Usage::default();
        usage.count(true, crate::api::Health::Healthy);
        let stored = decide(&SaeAccountStatus::default(), &verified(), &usage, None, 0).write.unwrap();
        let unseen = Usage::default();
        assert_eq!(decide(&stored, &verified(), &unseen, None, 59).write, None);
        let fallen = decide(&stored, &refused(), &unseen, None, 1).write.unwrap();
        assert_eq!(fallen.watches.unwrap().total, 1);
        assert_eq!(decide(&stored, &verified(), &unseen, None, 60).write.unwrap().watches.unwrap().total, 0);
    }

    #[test]
    fn a_return_after_a_time_of_not_knowing_is_an_event_too() {
        let usage = Usage::default();
        let stored = decide(&SaeAccountStatus::default(), &refused(), &usage, None, 0).write.unwrap();
        let new_keys = AccountInput {
            pending_since: at(20),
            ..input(&stored, &AccountState::Pending, &usage, None, 24)
        };
        assert_eq!(decide_account(&new_keys).write, None, "STS is given some seconds again");
        let waiting = decide_account(&AccountInput { now: at(25), ..new_keys }).write.unwrap();
        assert!(waiting.conditions.iter().any(|one| one.type_ == "Ready" && one.status == "Unknown"));
        let verified = verified();
        let back = AccountInput { was_false: true, ..input(&waiting, &verified, &usage, None, 30) };
        assert_eq!(decide_account(&back).event.unwrap().reason, Reason::Verified);
        let restarted = AccountInput { was_false: false, ..back };
        assert_eq!(decide_account(&restarted).event, None, "it may have been True before");
    }

    #[test]
    fn nothing_new_is_not_written() {
        let usage = Usage::default();
        let stored = decide(&SaeAccountStatus::default(), &verified(), &usage, None, 0).write.unwrap();
        assert_eq!(decide(&stored, &verified(), &usage, None, 3600).write, None);
    }

    #[test]
    fn a_fall_a_change_of_reason_and_a_return_are_events_with_names_of_their_own() {
        let usage = Usage::default();
        let stored = decide(&SaeAccountStatus::default(), &verified(), &usage, None, 0).write.unwrap();
        let fall = decide(&stored, &refused(), &usage, None, 10);
        let event = fall.event.unwrap();
        assert_eq!((event.kind, event.reason), (EventType::Warning, Reason::AuthenticationFailed));
        assert_eq!(decide(&stored, &refused(), &usage, None, 11).event.unwrap().name, event.name);
        let fallen = fall.write.unwrap();
        assert_eq!(decide(&fallen, &refused(), &usage, None, 20).event, None);
        let conflict = decide(&fallen, &AccountState::Conflict("b".into()), &usage, None, 20).event.unwrap();
        assert_eq!(conflict.reason, Reason::AccountConflict);
        let back = decide(&fallen, &verified(), &usage, None, 30);
        let event = back.event.unwrap();
        assert_eq!((event.kind, event.reason), (EventType::Normal, Reason::Verified));
        let again = decide(&back.write.unwrap(), &refused(), &usage, None, 40).event.unwrap();
        assert_ne!(again.name, event.name);
    }

    #[test]
    fn without_an_outcome_nothing_is_written_for_some_seconds() {
        let usage = Usage::default();
        let new = SaeAccountStatus::default();
        let early = decide(&new, &AccountState::Pending, &usage, None, 4);
        assert_eq!((early.write, early.wake), (None, FIRST_OUTCOME));
        let late = decide(&new, &AccountState::Pending, &usage, None, 5).write.unwrap();
        assert_eq!(late.observed_generation, -1);
    }

    #[test]
    fn a_suspended_account_has_no_ready() {
        let usage = Usage::default();
        let stored = decide(&SaeAccountStatus::default(), &refused(), &usage, None, 0).write.unwrap();
        let suspended = decide(&stored, &AccountState::Suspended, &usage, None, 1);
        assert_eq!(suspended.event, None);
        assert!(suspended.write.unwrap().conditions.is_empty());
    }
}
