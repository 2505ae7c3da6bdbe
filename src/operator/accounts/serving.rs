//! The calls for the watches of one account.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::api::AccountName;
use crate::poll::{self, NewsSender, Polls};
use crate::sae::Client;

/// How the calls of an account are made.
#[derive(Debug)]
pub(super) enum Serving {
    /// With the operator's own keys, which are the account's: by the scheduler of all watches without an account.
    Own(Polls),
    /// By a scheduler of its own.
    Scheduler {
        /// The scheduler.
        polls: Polls,
        /// Ends it.
        stop: CancellationToken,
    },
}

impl Serving {
    /// Starts a scheduler.
    pub(super) fn start(
        account: AccountName,
        client: Arc<Client>,
        calls_per_minute: u32,
        news: NewsSender,
        stop: CancellationToken,
    ) -> Self {
        let settings = poll::Settings { account: Some(account), ..poll::Settings::new(calls_per_minute) };
        let polls = poll::start(client, settings, news, stop.clone());
        Self::Scheduler { polls, stop }
    }

    /// Whether it is made with the operator's own keys.
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Its scheduler.
    pub(super) fn polls(&self) -> &Polls {
        match self {
            Self::Own(polls) | Self::Scheduler { polls, .. } => polls,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Self::Scheduler { stop, .. } = self {
            stop.cancel();
        }
    }
}
