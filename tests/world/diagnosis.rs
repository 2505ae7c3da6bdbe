//! What SAE answers when it is asked why an application is unwell.

use std::collections::BTreeMap;
use std::time::Duration;

use saewatch::domain::diagnosis::{AppEvent, ChangeOrder};
use saewatch::sae::{Ask, ChangeOrderCall, ChangeOrdersCall, Error, EventsCall, Operation};

use super::sae::Sae;
use super::told::{CallTrouble, Told};

/// What a world says of its applications, and what is wrong with saying it.
#[derive(Debug, Default)]
pub struct Diagnoses {
    told: BTreeMap<String, Told>,
    troubles: BTreeMap<Operation, CallTrouble>,
}

impl Sae {
    /// Says this of an application from now on; nothing without.
    pub fn tell(&self, app: &str, told: Told) {
        self.diagnoses().told.insert(app.to_owned(), told);
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
        read: impl FnOnce(Told) -> T + Send,
    ) -> Result<T, Error> {
        self.serve(operation, app.as_deref(), false, |_| Ok(())).await?;
        let trouble = self.diagnoses().troubles.get(&operation).copied();
        if let Some(trouble) = trouble {
            return Err(trouble.meet(operation, timeout).await);
        }
        let told = app.and_then(|app| self.diagnoses().told.get(&app).cloned());
        Ok(told.map(read).unwrap_or_default())
    }
}

impl Ask<ChangeOrdersCall> for Sae {
    async fn ask(&self, call: &ChangeOrdersCall, timeout: Duration) -> Result<Vec<ChangeOrder>, Error> {
        let app = Some(call.app.to_string());
        self.say(Operation::ChangeOrders, app, timeout, |told| told.orders).await
    }
}

impl Ask<ChangeOrderCall> for Sae {
    async fn ask(&self, call: &ChangeOrderCall, timeout: Duration) -> Result<Option<String>, Error> {
        let has_it = |told: &Told| told.orders.iter().any(|order| order.id == call.id);
        let app = self.diagnoses().told.iter().find(|(_, told)| has_it(told)).map(|(app, _)| app.clone());
        self.say(Operation::ChangeOrder, app, timeout, |told| told.message).await
    }
}

impl Ask<EventsCall> for Sae {
    async fn ask(&self, call: &EventsCall, timeout: Duration) -> Result<Vec<AppEvent>, Error> {
        self.say(Operation::Events, Some(call.app.to_string()), timeout, |told| told.events).await
    }
}
