//! How the watch itself stands, as one value, and what Ready, Reconciling and Stalled say of it (contract §6).

use super::conditions::{ConditionType, Truth};
use super::draft::Draft;
use super::row::{Row, awaited, retried, settled, stalled};
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

impl WatchState {
    /// Its row of the table; `None` where Ready stays as it is, and the others go.
    fn row(&self) -> Option<Row<'_>> {
        Some(match self {
            Self::Observed => settled(Reason::Observed, "SAE answers and what is shown is fresh"),
            Self::Waiting(why) => awaited(Reason::AwaitingFirstAnswer, why),
            Self::Failing(why) => {
                let [_, reconciling, stalled] = retried(Reason::PollFailed, why);
                let message = format!("polls keep failing: {why}");
                [Some((Truth::False, Reason::PollFailed, message.into())), reconciling, stalled]
            }
            Self::Throttled(why) => retried(Reason::Throttled, why),
            Self::Stale(reason, why) => retried(*reason, why),
            Self::Stalled(reason, why) => stalled(*reason, why),
            Self::AccountMissing(why) => retried(Reason::AccountNotFound, why),
            Self::SuspendedReady => return None,
            Self::Suspended => [None, None, None],
        })
    }
}

impl Draft<'_> {
    /// Says how the watch stands.
    pub(super) fn enter(&mut self, state: &WatchState) {
        self.is_outcome |= self.is_outcome_by(state);
        if let Some(row) = state.row() {
            self.conditions.set_row(row, self.input.meta.generation, self.input.now);
        } else {
            self.conditions.remove(ConditionType::Reconciling);
            self.conditions.remove(ConditionType::Stalled);
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
