//! The calls for the watches of one account: its scheduler, and the keys with which it asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api::AccountName;
use crate::poll::{self, NewsSender, Polls};
use crate::sae::{Ask, Call, Client, Error};

/// Asks with the keys that were verified last. Another identity of the same account takes their place without a new
/// scheduler: its targets and its budget stay.
#[derive(Debug)]
pub(super) struct ServingClient(Mutex<Arc<Client>>);

impl ServingClient {
    fn current(&self) -> Arc<Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks with this client from now on.
    pub(super) fn replace(&self, client: Arc<Client>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }
}

impl<C: Call> Ask<C> for ServingClient {
    async fn ask(&self, call: &C, timeout: Duration) -> Result<C::Reply, Error> {
        self.current().ask(call, timeout).await
    }
}

/// How the calls of an account are made.
#[derive(Debug)]
pub(super) enum Serving {
    /// With the operator's own keys, which are the account's: by the scheduler of all watches without an account.
    Own(Polls),
    /// By a scheduler of its own.
    Scheduler {
        /// The scheduler.
        polls: Polls,
        /// With which keys it asks.
        client: Arc<ServingClient>,
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
        let client = Arc::new(ServingClient(Mutex::new(client)));
        let settings = poll::Settings { account: Some(account), ..poll::Settings::new(calls_per_minute) };
        let polls = poll::start(client.clone(), settings, news, stop.clone());
        Self::Scheduler { polls, client, stop }
    }

    /// Asks with this client from now on. The operator's own keys are one client for all.
    pub(super) fn ask_with(&self, client: &Arc<Client>) {
        if let Self::Scheduler { client: serving, .. } = self {
            serving.replace(client.clone());
        }
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
