//! Why an application is unwell: the calls of one diagnosis, each through the gate.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::ask::{AskError, Asker, Gate};
use super::observe::Unpaced;
use super::{Api, ChangeOrderCall, ChangeOrdersCall, Class, Client, Error, EventsCall, Operation};
use crate::api::{Incomplete, NamespaceId};
use crate::domain::Target;
use crate::domain::diagnosis::{Evidence, newest_change};

/// What SAE is asked.
#[derive(Debug, Clone)]
pub(crate) struct DiagnosisQuestion {
    /// Of which application.
    pub(crate) target: Arc<Target>,
    /// Its namespace, as far as it is known.
    pub(crate) namespace: Option<NamespaceId>,
    /// Since when it is unwell.
    pub(crate) since: Timestamp,
    /// When it is asked.
    pub(crate) at: Timestamp,
    /// What SAE denied lately, and is not asked.
    pub(crate) denied: Vec<Operation>,
}

impl<A: Api, G: Gate> Asker<A, G> {
    /// Asks the three operations, as far as each may be. A refusal is part of the answer; once SAE throttles, nothing more
    /// is asked.
    pub(crate) async fn diagnose(&mut self, question: &DiagnosisQuestion) -> Result<Evidence, G::Closed> {
        let DiagnosisQuestion { target, namespace, since, at, denied } = question;
        let is_denied = |operation| denied.contains(&operation);
        let (region, app) = (target.region.clone(), target.app.clone());
        let mut evidence =
            Evidence { at: *at, orders: Ok(Vec::new()), message: Ok(None), events: Ok(Vec::new()) };

        evidence.orders = if is_denied(Operation::ChangeOrders) {
            Err(Incomplete::AccessDenied)
        } else {
            part(self.ask(&ChangeOrdersCall { region: region.clone(), app: app.clone() }).await)?
        };
        let newest = evidence.orders.as_ref().ok().and_then(|orders| newest_change(orders, *since));
        if let Some(order) = newest.filter(|order| order.has_message()) {
            evidence.message = if is_denied(Operation::ChangeOrder) {
                Err(Incomplete::AccessDenied)
            } else {
                part(self.ask(&ChangeOrderCall { region: region.clone(), id: order.id.clone() }).await)?
            };
        }
        let is_throttled = evidence.orders.as_ref().err() == Some(&Incomplete::Throttled)
            || evidence.message.as_ref().err() == Some(&Incomplete::Throttled);
        evidence.events = match namespace {
            _ if is_throttled => Err(Incomplete::Throttled),
            _ if is_denied(Operation::Events) => Err(Incomplete::AccessDenied),
            None => Err(Incomplete::NamespaceUnknown),
            Some(namespace) => {
                part(self.ask(&EventsCall { region, app, namespace: namespace.clone() }).await)?
            }
        };
        Ok(evidence)
    }
}

impl Client {
    /// Asks why an application is unwell, at once. `timeout` is for each call.
    pub(crate) async fn diagnose(&self, question: &DiagnosisQuestion, timeout: Duration) -> Evidence {
        let mut asker = Asker::new(Arc::new(self.clone()), Unpaced, timeout);
        let Ok(evidence): Result<_, Infallible> = asker.diagnose(question).await;
        evidence
    }
}

/// What a call has brought, or why it has brought nothing.
fn part<T, C>(asked: Result<T, AskError<C>>) -> Result<Result<T, Incomplete>, C> {
    match asked {
        Ok(reply) => Ok(Ok(reply)),
        Err(AskError::Failed(error)) => Ok(Err(missing(&error))),
        Err(AskError::Closed(closed)) => Err(closed),
    }
}

fn missing(error: &Error) -> Incomplete {
    match error.class {
        Class::Throttled(_) => Incomplete::Throttled,
        Class::Denied => Incomplete::AccessDenied,
        Class::Malformed => Incomplete::Unreadable,
        _ => Incomplete::Failed,
    }
}
