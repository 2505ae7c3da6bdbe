//! How the watch itself stands, as one value, and what Ready, Reconciling and Stalled say of it (contract §6).

use std::borrow::Cow;

use super::conditions::ConditionType::{Ready, Reconciling, Stalled};
use super::conditions::Truth::{False, True, Unknown};
use super::conditions::{ConditionType, Truth};
use super::draft::Draft;
use super::{Attempt, Reason};

/// A row of contract §6's table. The texts say why, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WatchState {
    /// A good answer has just been rendered.
    Observed,
    /// SAE has not answered for this spec yet.
    Waiting(String),
    /// As many polls in a row failed as `failureThreshold` says.
    Failing(String),
    /// Throttled for so long that the watch, which never had an answer, does not wait in silence any more.
    Throttled(String),
    /// The data is too old to be believed; the reason is DataStale, or Throttled where that is why.
    Stale(Reason, String),
    /// Only a human can help.
    Stalled(Reason, String),
    /// The SaeAccount that the watch names is not there. It may be applied a moment later, so the watch is not Stalled.
    AccountMissing(String),
    /// Suspended above data that was fresh and still is what the spec asks for.
    SuspendedReady,
    /// Suspended otherwise: kstatus would wait for a Ready that is not True for ever.
    Suspended,
}

/// What becomes of one condition.
enum Cell<'a> {
    Kept,
    Absent,
    Is(Truth, Reason, Cow<'a, str>),
}

impl WatchState {
    /// Its row of the table.
    fn row(&self) -> [(ConditionType, Cell<'_>); 3] {
        use Cell::{Absent, Kept};
        let [ready, reconciling, stalled] = match self {
            Self::Observed => {
                [is(True, Reason::Observed, "SAE answers and what is shown is fresh"), Absent, Absent]
            }
            Self::Waiting(why) => {
                let reason = Reason::AwaitingFirstAnswer;
                [is(Unknown, reason, why), is(True, reason, why), Absent]
            }
            Self::Failing(why) => {
                let message = format!("polls keep failing: {why}");
                [is(False, Reason::PollFailed, message), retrying(why), Absent]
            }
            Self::Throttled(why) => [is(False, Reason::Throttled, why), retrying(why), Absent],
            Self::Stale(reason, why) => [is(False, *reason, why), retrying(why), Absent],
            Self::Stalled(reason, why) => [is(False, *reason, why), Absent, is(True, *reason, why)],
            Self::AccountMissing(why) => [is(False, Reason::AccountNotFound, why), retrying(why), Absent],
            Self::SuspendedReady => [Kept, Absent, Absent],
            Self::Suspended => [Absent, Absent, Absent],
        };
        [(Ready, ready), (Reconciling, reconciling), (Stalled, stalled)]
    }
}

fn is<'a>(truth: Truth, reason: Reason, message: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell::Is(truth, reason, message.into())
}

fn retrying(why: &str) -> Cell<'_> {
    is(True, Reason::RetryingAfterFailure, why)
}

impl Draft<'_> {
    /// Says how the watch stands.
    pub(super) fn enter(&mut self, state: &WatchState) {
        self.is_outcome |= self.is_outcome_by(state);
        for (of, cell) in state.row() {
            match cell {
                Cell::Kept => {}
                Cell::Absent => self.conditions.remove(of),
                Cell::Is(truth, reason, message) => self.set(of, truth, reason, message),
            }
        }
    }

    /// Whether a state is an outcome for the spec's generation (contract §2, `observedGeneration`).
    fn is_outcome_by(&self, state: &WatchState) -> bool {
        match state {
            WatchState::Observed => {
                self.input.pace.last == Some(Attempt::Observed) && self.was_polled_for_this_spec()
            }
            WatchState::Failing(_)
            | WatchState::Stalled(..)
            | WatchState::AccountMissing(_)
            | WatchState::SuspendedReady
            | WatchState::Suspended => true,
            WatchState::Waiting(_) | WatchState::Throttled(_) | WatchState::Stale(..) => false,
        }
    }
}
