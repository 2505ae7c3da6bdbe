//! The search for keys: one at a time, ahead of the end of those at hand, and anew when a file changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;

use super::chain::{self, Search, Try};
use super::choice::Choice;
use super::exchange::Exchange;
use super::flight::Flight;
use super::found::FoundKeys;
use super::own_role::OwnRole;
use super::question::Identification;
use super::retry::Retry;
use super::validity::Need;
use super::{Provider, file};
use crate::api::ProfileName;
use crate::sae::codes::Meaning;
use crate::sae::{Class, Environment, Error};

/// One source of keys, which all credentials that use it share.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) environment: Environment,
    pub(super) exchange: Exchange,
    wanted: Wanted,
    state: Mutex<State>,
}

/// Which keys are searched.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Those that the chain finds.
    Chain,
    /// Those of this profile.
    Profile(ProfileName),
    /// Those of a role that is assumed with the keys of another source.
    Role(Arc<Source>, OwnRole),
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) held: Option<Held>,
    /// The search that is under way.
    flight: Option<Flight<Arc<FoundKeys>>>,
    pub(super) tries: Vec<Try>,
    pub(super) searches: Retry,
    pub(super) identification: Identification,
}

/// Keys in use.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) found: Arc<FoundKeys>,
    /// Of the files, before they were read on the way to the keys; `None` if none was.
    fingerprint: Option<u64>,
    /// Whether the server called their token expired before its time.
    is_rejected: bool,
}

impl Held {
    /// Keys that no file was read for.
    pub(super) fn without_files(found: FoundKeys) -> Self {
        Self { found: Arc::new(found), fingerprint: None, is_rejected: false }
    }
}

impl Source {
    pub(super) fn new(
        environment: Environment,
        exchange: Exchange,
        wanted: Wanted,
        held: Option<Held>,
    ) -> Self {
        Self { environment, exchange, wanted, state: Mutex::new(State { held, ..State::default() }) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys that are valid now. Waits for a search only when there are none.
    pub(super) async fn current(self: &Arc<Self>) -> Result<Arc<FoundKeys>, Error> {
        let flight = {
            let mut state = self.state();
            match self.at_hand(&mut state) {
                Some(found) => return Ok(found),
                None => self.flight(&mut state),
            }
        };
        flight.await
    }

    /// The keys at hand if they may be used, for which a renewal begins if it is time.
    pub(super) fn at_hand(self: &Arc<Self>, state: &mut State) -> Option<Arc<FoundKeys>> {
        let found = state.held.as_ref()?.found.clone();
        match self.need(state) {
            Need::Nothing => Some(found),
            Need::Renewal => {
                drop(self.flight(state));
                Some(found)
            }
            Need::Others => None,
        }
    }

    /// Notes that the server refused the token of these keys. Whether the next keys are others: not if these were
    /// fresh or do not end, since then they were not refused because they ended.
    pub(super) fn reject(&self, refused: &Arc<FoundKeys>) -> bool {
        let now = self.exchange.clock.now();
        match &mut self.state().held {
            Some(held) if Arc::ptr_eq(&held.found, refused) => {
                held.is_rejected =
                    refused.provider != Provider::Fixed && refused.validity.can_be_renewed(now);
                held.is_rejected
            }
            // Another call has found others meanwhile.
            Some(_) | None => true,
        }
    }

    /// Whether these are the newest keys, read from files that have not changed since.
    pub(super) fn are_newest(&self, keys: &Arc<FoundKeys>) -> bool {
        let state = self.state();
        state.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.found, keys) && !self.is_outdated(held))
    }

    /// The search under way, or a new one. It runs by itself, so that a caller that gives up does not end it for the others.
    fn flight(self: &Arc<Self>, state: &mut State) -> Flight<Arc<FoundKeys>> {
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let source = self.clone();
        let search = tokio::spawn({
            let source = source.clone();
            async move { source.search().await }
        });
        let flight = async move {
            search.await.unwrap_or_else(|_| {
                source.state().flight = None;
                Err(Error::new("credentials", Class::Transient(None), "the search was cut off"))
            })
        };
        let flight = flight.boxed().shared();
        state.flight = Some(flight.clone());
        flight
    }

    fn need(&self, state: &State) -> Need {
        match &state.held {
            None => Need::Others,
            Some(held) if held.is_rejected || self.is_outdated(held) => Need::Others,
            Some(held) => held.found.validity.need(self.exchange.clock.now(), state.searches.not_before),
        }
    }

    /// Whether a file has changed since the keys were read.
    fn is_outdated(&self, held: &Held) -> bool {
        held.fingerprint.is_some_and(|read| read != self.fingerprint())
    }

    /// Of the files that say who we are. The pod's token is not among them: it only proves it.
    fn fingerprint(&self) -> u64 {
        file::fingerprint(&chain::files(&self.environment))
    }

    async fn search(self: &Arc<Self>) -> Result<Arc<FoundKeys>, Error> {
        let fingerprint = self.fingerprint();
        let Search { tries, result } = match &self.wanted {
            Wanted::Chain => self.search_in(Choice::Chain).await,
            Wanted::Profile(name) => self.search_in(Choice::Profile(name)).await,
            Wanted::Role(own, role) => Search { tries: Vec::new(), result: self.assume(role, own).await },
        };
        let now = self.exchange.clock.now();
        let mut state = self.state();
        state.flight = None;
        state.tries = tries;
        match result {
            Ok(found) => {
                let found = Arc::new(found);
                let fingerprint = found.from_files.then_some(fingerprint);
                state.held = Some(Held { found: found.clone(), fingerprint, is_rejected: false });
                state.searches.succeeded();
                Ok(found)
            }
            Err(error) => {
                state.searches.failed(error.clone(), now, fastrand::f64());
                Err(error)
            }
        }
    }

    /// Keys of a role. Own keys whose token ended before its time are replaced, and STS is asked once more.
    async fn assume(&self, role: &OwnRole, own: &Arc<Self>) -> Result<FoundKeys, Error> {
        let own_keys = async || own.current().await.map_err(|error| role.without_own_keys(error));
        let keys = own_keys().await?;
        match role.keys(&keys, &self.environment, &self.exchange).await {
            Err(error) if error.meaning() == Some(Meaning::TokenRejected) && own.reject(&keys) => {
                let keys = own_keys().await?;
                role.keys(&keys, &self.environment, &self.exchange).await
            }
            answered => answered,
        }
    }

    async fn search_in(&self, choice: Choice<'_>) -> Search {
        let served_before = self.state().held.as_ref().map(|held| held.found.provider);
        chain::search(&self.environment, &self.exchange, choice, served_before).await
    }
}
