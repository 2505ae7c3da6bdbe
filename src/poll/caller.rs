//! One job's way to SAE: each call waits for its turn, and each answer is reported to the account.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;
use tokio::time::Instant;

use super::account::Shared;
use super::halt::Halt;
use super::turn::Turn;
use crate::domain::{ObservedGroup, ObservedInstance, Target};
use crate::sae::{
    Api, ApplicationCounts, ApplicationsCall, Class, Error, GroupsCall, InstancesCall, Listing, Operation,
    Page, Pages, StatusCall, watched,
};

/// Makes the calls of one job, one after the other.
pub(super) struct Caller<A> {
    api: Arc<A>,
    shared: Arc<Shared>,
    turn: Turn,
    timeout: Duration,
    /// The first call was paid for when the job started.
    paid: bool,
}

impl<A: Api> Caller<A> {
    pub(super) fn new(api: Arc<A>, shared: Arc<Shared>, turn: Turn, timeout: Duration) -> Self {
        Self { api, shared, turn, timeout, paid: true }
    }

    /// The groups that a target watches.
    pub(super) async fn groups(&mut self, target: &Target) -> Result<Vec<ObservedGroup>, Halt> {
        let mut call = GroupsCall::first(target);
        let mut pages = Pages::new(None);
        loop {
            let (api, timeout) = (self.api.clone(), self.timeout);
            let groups = self.ask(Operation::Groups, || api.groups(&call, timeout)).await?;
            match pages.take(groups).map_err(|error| Halt::of(&error))? {
                Some(next) => call.page = next,
                None => return watched(target, pages.finish().entries).map_err(|error| Halt::of(&error)),
            }
        }
    }

    /// All instances of a group that pass the target's filters, and how many calls that took. `difference` is
    /// what the last reading of this list ended with.
    pub(super) async fn instances(
        &mut self,
        target: &Target,
        group: &str,
        difference: Option<i64>,
    ) -> Result<(Listing<ObservedInstance>, u32), Halt> {
        let mut call = InstancesCall::first(target, group);
        let mut pages = Pages::new(difference);
        let mut calls = 0;
        loop {
            let (api, timeout) = (self.api.clone(), self.timeout);
            let page = self.ask(Operation::Instances, || api.instances(&call, timeout)).await?;
            calls += 1;
            match pages.take(page).map_err(|error| Halt::of(&error))? {
                Some(next) => call.page = next,
                None => return Ok((pages.finish(), calls)),
            }
        }
    }

    /// Whether SAE calls the application STOPPED.
    pub(super) async fn is_stopped(&mut self, target: &Target) -> Result<bool, Halt> {
        let call = StatusCall::of(target);
        let (api, timeout) = (self.api.clone(), self.timeout);
        self.ask(Operation::Status, || api.is_stopped(&call, timeout)).await
    }

    /// One page of the applications of a region.
    pub(super) async fn applications(
        &mut self,
        call: &ApplicationsCall,
    ) -> Result<Page<ApplicationCounts>, Halt> {
        let (api, timeout) = (self.api.clone(), self.timeout);
        self.ask(Operation::Applications, || api.applications(call, timeout)).await
    }

    /// Asks once, and once more if the client has put right what SAE refused: the time, the nonce or the token.
    async fn ask<T, F>(&mut self, operation: Operation, call: impl Fn() -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let answer = match self.ask_once(operation, &call).await? {
            Err(error) if error.class == Class::SignAnew => self.ask_once(operation, &call).await?,
            answer => answer,
        };
        answer.map_err(|error| Halt::of(&error))
    }

    async fn ask_once<T, F>(
        &mut self,
        operation: Operation,
        call: &impl Fn() -> F,
    ) -> Result<Result<T, Error>, Halt>
    where
        F: Future<Output = Result<T, Error>>,
    {
        if !std::mem::take(&mut self.paid) {
            let permit = self.shared.account().go_on(self.turn).ok_or(Halt::Withdrawn)?;
            self.shared.wake();
            permit.await.map_err(|_| Halt::Withdrawn)?;
        }
        let sent = Instant::now();
        // A bug in one answer must not stop the polls of all others.
        let answer =
            AssertUnwindSafe(call()).catch_unwind().await.unwrap_or_else(|_| Err(panicked(operation)));
        let error = answer.as_ref().err();
        if let Some(error) = error {
            // What SAE's support asks for first. It moves by itself, so that no condition and no event can hold it.
            tracing::debug!(%error, request_id = error.request_id, "a call failed");
        }
        self.shared.account().answered(self.turn, operation, error, sent, Instant::now());
        Ok(answer)
    }
}

fn panicked(operation: Operation) -> Error {
    let message = "the answer could not be read because of a bug in saewatch; see its log";
    Error::new(operation.name(), Class::Malformed, message)
}
