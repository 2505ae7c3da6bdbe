//! What SAE answers when it is asked why an application is unwell.

use std::time::Duration;

use saewatch::domain::diagnosis::{AppEvent, ChangeOrder};
use saewatch::sae::{Ask, ChangeOrderCall, ChangeOrdersCall, Class, Error, EventsCall, Operation};

use super::history::{CallTrouble, History};
use super::line::Line;
use super::{Sae, error};

impl Sae {
    /// Says this of an application from now on; nothing without.
    pub fn set_history(&self, app: &str, history: History) {
        self.script().histories.insert(app.into(), history);
    }

    /// Meets each call of one of the three operations with this trouble, until [`Sae::mend`].
    pub fn trouble(&self, operation: Operation, trouble: CallTrouble) {
        self.script().call_troubles.insert(operation, trouble);
    }

    /// How often SAE was asked why an application is unwell, each operation by itself.
    pub fn diagnosis_calls(&self, app: &str) -> [usize; 3] {
        let calls = self.calls();
        let count =
            |operation| calls.iter().filter(|call| call.app == app && call.operation == operation).count();
        [Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events].map(count)
    }
}

impl Line {
    async fn say<T: Default>(
        &self,
        operation: Operation,
        app: &str,
        timeout: Duration,
        read: impl FnOnce(History) -> T,
    ) -> Result<T, Error> {
        let history = self.answer(operation, app, |script| {
            let trouble = script.call_troubles.get(&operation).copied();
            Ok((trouble, script.histories.get(app).cloned()))
        });
        match history.await? {
            (Some(trouble), _) => Err(trouble.meet(operation, timeout).await),
            (None, history) => Ok(history.map(read).unwrap_or_default()),
        }
    }
}

impl Ask<ChangeOrdersCall> for Line {
    async fn ask(&self, call: &ChangeOrdersCall, timeout: Duration) -> Result<Vec<ChangeOrder>, Error> {
        self.say(Operation::ChangeOrders, call.app.as_str(), timeout, |history| history.orders).await
    }
}

impl Ask<ChangeOrderCall> for Line {
    async fn ask(&self, call: &ChangeOrderCall, timeout: Duration) -> Result<Option<String>, Error> {
        let has_it = |history: &History| history.orders.iter().any(|order| order.id == call.id);
        let owner = self
            .sae
            .script()
            .histories
            .iter()
            .find(|(_, history)| has_it(history))
            .map(|(app, _)| app.clone());
        let owner = owner.ok_or_else(|| error(Class::Transient(None), "InvalidChangeOrder.NotFound"))?;
        self.say(Operation::ChangeOrder, &owner, timeout, |history| history.message).await
    }
}

impl Ask<EventsCall> for Line {
    async fn ask(&self, call: &EventsCall, timeout: Duration) -> Result<Vec<AppEvent>, Error> {
        let app = call.app.as_str();
        let namespace = self.sae.script().applications.get(app).and_then(|app| app.namespace.clone());
        if namespace.is_some_and(|namespace| namespace != call.namespace.as_str()) {
            return Err(error(Class::Invalid, "InvalidNamespaceId.NotFound"));
        }
        self.say(Operation::Events, app, timeout, |history| history.events).await
    }
}
