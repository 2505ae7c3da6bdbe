//! One job's way to SAE: each call waits for its turn, and each answer is reported to the account.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;
use tokio::time::Instant;

use super::account::{Shared, Turn};
use super::figures::Operation;
use crate::api::RegionId;
use crate::domain::{Failure, ObservedGroup, ObservedInstance, Target};
use crate::sae::{
    Api, ApplicationsCall, ApplicationsPage, Class, Error, GroupsCall, InstancesCall, StatusCall,
};

/// Why a job ends without an answer.
#[derive(Debug)]
pub(super) enum Halt {
    /// A call failed.
    Failed {
        failure: Failure,
        /// How long SAE asked to wait.
        hint: Option<Duration>,
    },
    /// Nobody wants the answer any more.
    Withdrawn,
}

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

    /// All groups of an application.
    pub(super) async fn groups(&mut self, target: &Target) -> Result<Vec<ObservedGroup>, Halt> {
        let mut groups: Vec<ObservedGroup> = Vec::new();
        for page in 1.. {
            let call = GroupsCall { region: target.region.clone(), app: target.app.clone(), page };
            let (api, timeout) = (self.api.clone(), self.timeout);
            let listed = self.ask(Operation::Groups, || api.groups(&call, timeout)).await?;
            let (full, before) = (listed.len() >= 100, groups.len());
            for group in listed {
                if groups.iter().all(|known| known.id != group.id) {
                    groups.push(group);
                }
            }
            if !full || groups.len() == before {
                break;
            }
        }
        Ok(groups)
    }

    /// All instances of a group that pass the target's filters, and how many calls that took.
    pub(super) async fn instances(
        &mut self,
        target: &Target,
        group: &str,
    ) -> Result<(Vec<ObservedInstance>, u32), Halt> {
        let mut instances: Vec<ObservedInstance> = Vec::new();
        for page in 1.. {
            let call = InstancesCall {
                region: target.region.clone(),
                app: target.app.clone(),
                group: group.to_owned(),
                instance: target.instance.clone(),
                pipeline: target.pipeline.clone(),
                page,
                page_size: crate::sae::PAGE_SIZE,
                reverse: None,
            };
            let (api, timeout) = (self.api.clone(), self.timeout);
            let listed = self.ask(Operation::Instances, || api.instances(&call, timeout)).await?;
            let before = instances.len();
            for instance in listed.instances {
                if instance.id.is_empty() || instances.iter().all(|known| known.id != instance.id) {
                    instances.push(instance);
                }
            }
            let all = listed.total.is_none_or(|total| instances.len() as u64 >= total);
            if all || instances.len() == before {
                return Ok((instances, page));
            }
        }
        Err(Halt::Withdrawn)
    }

    /// Whether SAE calls the application STOPPED.
    pub(super) async fn is_stopped(&mut self, target: &Target) -> Result<bool, Halt> {
        let call = StatusCall { region: target.region.clone(), app: target.app.clone() };
        let (api, timeout) = (self.api.clone(), self.timeout);
        self.ask(Operation::Status, || api.is_stopped(&call, timeout)).await
    }

    /// One page of the applications of a region.
    pub(super) async fn applications(
        &mut self,
        region: &RegionId,
        page: u32,
    ) -> Result<ApplicationsPage, Halt> {
        let call = ApplicationsCall { region: region.clone(), page };
        let (api, timeout) = (self.api.clone(), self.timeout);
        self.ask(Operation::Applications, || api.applications(&call, timeout)).await
    }

    /// Asks one question; once more when the client has put right what SAE refused of the first request.
    async fn ask<T, F>(&mut self, operation: Operation, call: impl Fn() -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut answer = self.ask_once(operation, &call).await?;
        if answer.as_ref().is_err_and(|error| error.class == Class::SignAnew) {
            answer = self.ask_once(operation, &call).await?;
        }
        answer.map_err(|error| Halt::Failed { failure: error.failure(), hint: hint(&error) })
    }

    async fn ask_once<T, F>(
        &mut self,
        operation: Operation,
        call: impl Fn() -> F,
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
        self.shared.account().answered(self.turn, operation, error, sent, Instant::now());
        Ok(answer)
    }
}

fn panicked(operation: Operation) -> Error {
    Error::new(
        operation.as_str(),
        Class::Malformed,
        "the answer could not be read because of a bug in saewatch; see its log",
    )
}

/// How long SAE asked to wait.
pub(super) fn hint(error: &Error) -> Option<Duration> {
    match error.class {
        Class::Throttled(hint) | Class::Transient(hint) => hint,
        Class::Malformed
        | Class::SignAnew
        | Class::NotFound
        | Class::Invalid
        | Class::CredentialsRejected
        | Class::CredentialsMissing
        | Class::Denied
        | Class::Blocked => None,
    }
}
