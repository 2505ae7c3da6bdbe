//! Whose keys a source gives (contract §11.2): STS is asked once for each source, and its answer is remembered.

use std::sync::Arc;

use futures::FutureExt;

use super::Caller;
use super::flight::Flight;
use super::found::FoundKeys;
use super::question::Identified;
use super::search::{Source, State};
use crate::sae::codes::Meaning;
use crate::sae::{Class, Error};

impl Source {
    /// The keys at hand and whose they are, if both are known.
    pub(super) fn identified(self: &Arc<Self>) -> Option<Identified> {
        let mut state = self.state();
        let found = self.at_hand(&mut state)?;
        let caller = state.caller_of(&found)?;
        // A question that failed was about other keys.
        state.identification.questions.succeeded();
        Some((found, caller))
    }

    /// The newest keys and whose they are. A caller waits for the question that is under way, or begins one: nothing
    /// is remembered of one that failed.
    pub(super) fn identify(self: &Arc<Self>) -> Flight<Identified> {
        let mut state = self.state();
        if let Some(flight) = &state.identification.flight {
            return flight.clone();
        }
        let source = self.clone();
        let question = tokio::spawn({
            let source = source.clone();
            async move { source.ask_and_remember().await }
        });
        let flight = async move {
            question.await.unwrap_or_else(|_| {
                source.state().identification.flight = None;
                Err(Error::new("credentials", Class::Transient(None), "the question to STS was cut off"))
            })
        };
        let flight = flight.boxed().shared();
        state.identification.flight = Some(flight.clone());
        flight
    }

    /// Forgets whose the keys are, so that STS is asked again.
    pub(super) fn forget_caller(&self) {
        self.state().identification.known = None;
    }

    async fn ask_and_remember(self: &Arc<Self>) -> Result<Identified, Error> {
        let answer = self.ask().await;
        let now = self.exchange.clock.now();
        let mut state = self.state();
        let identification = &mut state.identification;
        identification.flight = None;
        match &answer {
            Ok((found, caller)) => {
                identification.known = Some((found.source, caller.clone()));
                identification.questions.succeeded();
            }
            Err(error) => identification.questions.failed(error.clone(), now, fastrand::f64()),
        }
        answer
    }

    /// Asks with the newest keys, and once more with others if their token ended before its time.
    async fn ask(self: &Arc<Self>) -> Result<Identified, Error> {
        match self.ask_once().await {
            (Some(found), Err(error))
                if error.meaning() == Some(Meaning::TokenRejected) && self.reject(&found) =>
            {
                self.ask_once().await.1
            }
            (_, answer) => answer,
        }
    }

    async fn ask_once(self: &Arc<Self>) -> (Option<Arc<FoundKeys>>, Result<Identified, Error>) {
        let found = match self.current().await {
            Ok(found) => found,
            Err(error) => return (None, Err(error)),
        };
        let known = self.state().caller_of(&found);
        let caller = match known {
            Some(caller) => Ok(caller),
            None => self.exchange.caller(&found.keys, &self.environment).await,
        };
        (Some(found.clone()), caller.map(|caller| (found, caller)))
    }
}

impl State {
    fn caller_of(&self, found: &FoundKeys) -> Option<Caller> {
        let known = self.identification.known.as_ref();
        known.filter(|(source, _)| *source == found.source).map(|(_, caller)| caller.clone())
    }
}
