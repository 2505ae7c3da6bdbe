//! What SAE answers when it is asked why an application is unwell.

use std::collections::BTreeMap;
use std::time::Duration;

use saewatch::domain::diagnosis::{AppEvent, ChangeOrder};
use saewatch::sae::{Ask, ChangeOrderCall, ChangeOrdersCall, Error, EventsCall, Operation};

use super::history::{CallTrouble, History};
use super::sae::Sae;

/// What a world says of its applications, and what is wrong with saying it.
#[derive(Debug, Default)]
pub struct Diagnoses {
    histories: BTreeMap<String, History>,
    troubles: BTreeMap<Operation, CallTrouble>,
}

impl Sae {
    /// Says this of an application from now on; nothing without.
    pub fn set_history(&self, app: &str, history: History) {
        self.diagnoses().histories.insert(app.to_owned(), history);
    }

    /// Meets each call of one of the three operations with this trouble from now on, or with none any more.
    pub fn trouble(&self, operation: Operation, trouble: Option<CallTrouble>) {
        let mut diagnoses = self.diagnoses();
        diagnoses.troubles.retain(|troubled, _| *troubled != operation);
        diagnoses.troubles.extend(trouble.map(|trouble| (operation, trouble)));
    }

    async fn say<T: Default>(
        &self,
        operation: Operation,
        app: Option<String>,
        timeout: Duration,
        read: impl FnOnce(History) -> T + Send,
    ) -> Result<T, Error> {
        self.serve(operation, app.as_deref(), false, |_| Ok(())).await?;
        let trouble = self.diagnoses().troubles.get(&operation).copied();
        if let Some(trouble) = trouble {
            return Err(trouble.meet(operation, timeout).await);
        }
        let history = app.and_then(|app| self.diagnoses().histories.get(&app).cloned());
        Ok(history.map(read).unwrap_or_default())
    }
}

impl Ask<ChangeOrdersCall> for Sae {
    async fn ask(&self, call: &ChangeOrdersCall, timeout: Duration) -> Result<Vec<ChangeOrder>, Error> {
        let app = Some(call.app.to_string());
        self.say(Operation::ChangeOrders, app, timeout, |history| history.orders).await
    }
}

impl Ask<ChangeOrderCall> for Sae {
    async fn ask(&self, call: &ChangeOrderCall, timeout: Duration) -> Result<Option<String>, Error> {
        let has_it = |history: &History| history.orders.iter().any(|order| order.id == call.id);
        let app = self
            .diagnoses()
            .histories
            .iter()
            .find(|(_, history)| has_it(history))
            .map(|(app, _)| app.clone());
        self.say(Operation::ChangeOrder, app, timeout, |history| history.message).await
    }
}

impl Ask<EventsCall> for Sae {
    async fn ask(&self, call: &EventsCall, timeout: Duration) -> Result<Vec<AppEvent>, Error> {
        self.say(Operation::Events, Some(call.app.to_string()), timeout, |history| history.events).await
    }
}
