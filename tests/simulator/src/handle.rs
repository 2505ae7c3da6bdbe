//! The handle of one account of a running simulator.

use std::time::{Duration, Instant};

use crate::access::SessionKey;
use crate::account::{Account, Role};
use crate::application::Application;
use crate::availability_list::AvailabilityList;
use crate::fault::Fault;
use crate::faults::RandomFaults;
use crate::identity::Identity;
use crate::log::Call;
use crate::operation::Operation;
use crate::world::Shared;

/// One account. What is changed here leaves every other account as it is.
#[derive(Clone, Copy, Debug)]
pub struct AccountHandle<'a> {
    world: &'a Shared,
    id: &'a str,
}

impl<'a> AccountHandle<'a> {
    pub(crate) fn new(world: &'a Shared, id: &'a str) -> Self {
        world.lock().account(id);
        Self { world, id }
    }

    /// Adds an application, or replaces the one of the same id.
    pub fn put_application(&self, application: Application) {
        self.world.lock().account(self.id).applications.put(application, Instant::now());
    }

    /// Changes an application between two calls.
    ///
    /// # Panics
    /// If there is none of that id.
    pub fn update<T>(&self, id: &str, change: impl FnOnce(&mut Application) -> T) -> T {
        let mut world = self.world.lock();
        let changed = world.account(self.id).applications.change(id, Instant::now(), change);
        changed.unwrap_or_else(|| panic!("the simulator has no application {id}"))
    }

    /// The application as it is now.
    pub fn application(&self, id: &str) -> Option<Application> {
        self.world.lock().account(self.id).applications.get(id).cloned()
    }

    /// Deletes an application; whether there was one.
    pub fn remove_application(&self, id: &str) -> bool {
        self.world.lock().account(self.id).applications.remove(id, Instant::now())
    }

    /// What GetAvailabilityMetric answers from now on; a right list until this is set.
    pub fn set_availability(&self, list: AvailabilityList) {
        let mut world = self.world.lock();
        let Account { applications, availability, .. } = world.account(self.id);
        availability.set(list, applications, Instant::now());
    }

    /// Adds an access key of this account, or changes its secret.
    pub fn add_key(&self, id: &str, secret: &str) {
        self.world.lock().access.add(self.id, id, secret);
    }

    /// A key with a security token, as STS would issue it.
    pub fn issue_session(&self, lifetime: Duration) -> SessionKey {
        let mut world = self.world.lock();
        let now = world.clock.now();
        let identity = Identity::assumed_role(self.id, "simulator-role", "simulator");
        world.access.issue(now, lifetime, identity)
    }

    /// Adds a role that `AssumeRole` gives to callers that send this external id, or to all callers without one. Until
    /// the first role is added the account has every role that is asked for.
    pub fn add_role(&self, name: &str, external_id: Option<&str>) {
        let role = Role { external_id: external_id.map(str::to_owned) };
        self.world.lock().account(self.id).roles.insert(name.to_owned(), role);
    }

    /// RAM denies an operation from now on, by `Forbidden.RAM` or `NoPermission` (or any other code).
    pub fn deny(&self, operation: Operation, code: &str) {
        self.world.lock().account(self.id).denials.insert(operation, code.to_owned());
    }

    /// RAM allows it again.
    pub fn allow(&self, operation: Operation) {
        self.world.lock().account(self.id).denials.remove(&operation);
    }

    /// The quota: SAE calls in any 60 seconds; none by default.
    pub fn set_calls_per_minute(&self, calls: Option<usize>) {
        self.world.lock().account(self.id).quota.calls_per_minute = calls;
    }

    /// Whether a throttled answer says when to come back (`x-acs-retry-after`); not by default.
    pub fn set_retry_hints(&self, hints: bool) {
        self.world.lock().account(self.id).quota.says_when = hints;
    }

    /// A fault for the next calls it is for; several wait in this order.
    pub fn inject(&self, fault: Fault) {
        self.world.lock().account(self.id).faults.inject(fault);
    }

    /// Faults by chance, after those that were injected.
    pub fn inject_at_random(&self, random: RandomFaults) {
        self.world.lock().account(self.id).faults.at_random(random);
    }

    /// No faults any more.
    pub fn clear_faults(&self) {
        self.world.lock().account(self.id).faults.clear();
    }

    /// The calls with keys of this account so far, refused ones too.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.world.lock().calls.all();
        calls.retain(|call| call.account.as_deref() == Some(self.id));
        calls
    }
}
