//! Everything the simulator knows, behind one lock: a test changes it while calls come in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::Access;
use crate::application::Application;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::log::CallLog;
use crate::metadata::Machine;
use crate::operation::Operation;
use crate::operations::Paging;
use crate::quota::Quota;
use crate::sts::Trust;

/// The state of the simulated services.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) applications: BTreeMap<String, Application>,
    pub(crate) access: Access,
    /// Operations that RAM denies, with the code it denies them by.
    pub(crate) denials: BTreeMap<Operation, String>,
    pub(crate) quota: Quota,
    pub(crate) paging: Paging,
    pub(crate) clock: Clock,
    pub(crate) trust: Trust,
    pub(crate) machine: Machine,
    pub(crate) faults: Faults,
    pub(crate) calls: CallLog,
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
