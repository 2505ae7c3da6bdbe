//! Everything the simulator knows, behind one lock: a test changes it while calls come in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::Access;
use crate::account::Account;
use crate::clock::Clock;
use crate::log::CallLog;
use crate::metadata::Machine;
use crate::operations::Paging;
use crate::sts::Trust;

/// The state of the simulated services.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// By number.
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) access: Access,
    pub(crate) paging: Paging,
    pub(crate) clock: Clock,
    pub(crate) trust: Trust,
    pub(crate) machine: Machine,
    pub(crate) calls: CallLog,
}

impl World {
    /// The account of this number, created when it is first named.
    pub(crate) fn account(&mut self, id: &str) -> &mut Account {
        self.accounts.entry(id.to_owned()).or_default()
    }
}

/// The state, shared between the server and the hands that change it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// A test's closure that panics while it changes an application must not silence the simulator for the
    /// rest of the test, so a poisoned lock is taken as it is.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
