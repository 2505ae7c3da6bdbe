//! The handle of a running simulator: where it is, what it knows, what it was asked.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::ACCOUNT_ID;
use crate::access::SessionKey;
use crate::application::Application;
use crate::availability_list::AvailabilityList;
use crate::fault::Fault;
use crate::faults::RandomFaults;
use crate::handle::AccountHandle;
use crate::history::{AppEvent, ChangeOrder};
use crate::log::Call;
use crate::operation::{CREDENTIALS_PATH, Operation};
use crate::server;
use crate::setup::Setup;
use crate::tls::Tls;
use crate::world::Shared;

/// The `AccessKeyId` that every simulator knows.
pub const KEY_ID: &str = "simulator-key-id";
/// Its `AccessKeySecret`. Not a secret.
pub const KEY_SECRET: &str = "simulator-key-secret";

/// A running simulator; it stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    ca_pem: Option<String>,
    world: Shared,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

// Where it is.
impl Simulator {
    /// Plain HTTP on a free port, with the documented application.
    ///
    /// # Panics
    /// If loopback cannot be listened on.
    pub fn start() -> Self {
        Setup::new().start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same with HTTPS; trust [`Self::ca_pem`].
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_tls() -> Self {
        Setup::new().tls().start().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn run(listener: TcpListener, tls: Option<Tls>, world: Shared) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let (acceptor, ca_pem) = tls.map(|tls| (tls.acceptor, tls.ca_pem)).unzip();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let stop = CancellationToken::new();
        let serving = server::serve(listener, acceptor, world.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("sae-simulator".to_owned())
            .spawn(move || runtime.block_on(serving))?;
        Ok(Self { address, ca_pem, world, stop, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for clients of SAE and STS, without a slash at the end.
    pub fn endpoint(&self) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The endpoint that says which region is asked, for clients that fill in `{region}` and take any name under
    /// `localhost` for this machine. Behind it each region has only its own applications; behind [`Self::endpoint`] all
    /// regions are one.
    ///
    /// # Panics
    /// With HTTPS: its certificate is for `localhost` alone.
    pub fn regional_endpoint(&self) -> String {
        assert!(self.ca_pem.is_none(), "regions are told apart with plain HTTP alone");
        format!("http://{{region}}.localhost:{}", self.address.port())
    }

    /// The credentials URI it serves.
    pub fn credentials_uri(&self) -> String {
        format!("{}{CREDENTIALS_PATH}", self.endpoint())
    }

    /// The certificate to trust, if it speaks HTTPS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}

// The account that is there from the start, and others.
impl Simulator {
    /// Another account, or the one that is there from the start, by its number.
    pub fn account<'a>(&'a self, id: &'a str) -> AccountHandle<'a> {
        AccountHandle::new(&self.world, id)
    }

    fn own(&self) -> AccountHandle<'_> {
        self.account(ACCOUNT_ID)
    }

    /// Adds an application, or replaces the one of the same id.
    pub fn put_application(&self, application: Application) {
        self.own().put_application(application);
    }

    /// Changes an application between two calls.
    ///
    /// # Panics
    /// If there is none of that id.
    pub fn update<T>(&self, id: &str, change: impl FnOnce(&mut Application) -> T) -> T {
        self.own().update(id, change)
    }

    /// What was changed about an application, the newest last.
    ///
    /// # Panics
    /// If there is none of that id.
    pub fn set_change_orders(&self, id: &str, orders: Vec<ChangeOrder>) {
        self.update(id, |application| application.change_orders = orders);
    }

    /// What the cluster below an application says, beside what its unwell instances give.
    ///
    /// # Panics
    /// If there is none of that id.
    pub fn set_events(&self, id: &str, events: Vec<AppEvent>) {
        self.update(id, |application| application.events = events);
    }

    /// The application as it is now.
    pub fn application(&self, id: &str) -> Option<Application> {
        self.own().application(id)
    }

    /// Deletes an application; whether there was one.
    pub fn remove_application(&self, id: &str) -> bool {
        self.own().remove_application(id)
    }

    /// What GetAvailabilityMetric answers from now on; a right list until this is set.
    pub fn set_availability(&self, list: AvailabilityList) {
        self.own().set_availability(list);
    }

    /// Adds an access key, or changes its secret.
    pub fn add_key(&self, id: &str, secret: &str) {
        self.own().add_key(id, secret);
    }

    /// A key with a security token, as STS would issue it.
    pub fn issue_session(&self, lifetime: Duration) -> SessionKey {
        self.own().issue_session(lifetime)
    }

    /// RAM denies an operation from now on, by `Forbidden.RAM` or `NoPermission` (or any other code).
    pub fn deny(&self, operation: Operation, code: &str) {
        self.own().deny(operation, code);
    }

    /// RAM allows it again.
    pub fn allow(&self, operation: Operation) {
        self.own().allow(operation);
    }

    /// The quota: SAE calls in any 60 seconds; none by default.
    pub fn set_calls_per_minute(&self, calls: Option<usize>) {
        self.own().set_calls_per_minute(calls);
    }

    /// Whether a throttled answer says when to come back (`x-acs-retry-after`); not by default.
    pub fn set_retry_hints(&self, hints: bool) {
        self.own().set_retry_hints(hints);
    }

    /// A fault for the next calls it is for; several wait in this order. Calls that are not signed count as this
    /// account's.
    pub fn inject(&self, fault: Fault) {
        self.own().inject(fault);
    }

    /// Faults by chance, after those that were injected.
    pub fn inject_at_random(&self, random: RandomFaults) {
        self.own().inject_at_random(random);
    }

    /// No faults any more.
    pub fn clear_faults(&self) {
        self.own().clear_faults();
    }
}

// Who may do what, of every account.
impl Simulator {
    /// Deletes an access key.
    pub fn remove_key(&self, id: &str) {
        self.world.lock().access.remove(id);
    }

    /// Disables an access key, or enables it again.
    pub fn set_key_active(&self, id: &str, active: bool) {
        self.world.lock().access.set_active(id, active);
    }

    /// Ends all sessions at once.
    pub fn expire_sessions(&self) {
        let mut world = self.world.lock();
        let now = world.clock.now();
        world.access.expire_sessions(now);
    }

    /// How long the keys of STS and of the metadata service live from now on, whatever is asked for.
    pub fn set_session_lifetime(&self, lifetime: Duration) {
        let mut world = self.world.lock();
        world.trust.lifetime = Some(lifetime);
        world.machine.lifetime = lifetime;
    }

    /// The only identity token that AssumeRoleWithOIDC takes from now on; any other is expired.
    pub fn trust_oidc_token(&self, token: &str) {
        self.world.lock().trust.oidc_token = Some(token.to_owned());
    }

    /// The role of the simulated machine, which its metadata service names; absent: it has none.
    pub fn set_machine_role(&self, role: Option<&str>) {
        self.world.lock().machine.role = role.map(str::to_owned);
    }

    /// Whether the metadata service answers without a token (version 1); not by default.
    pub fn set_metadata_v1(&self, answers: bool) {
        self.world.lock().machine.answers_v1 = answers;
    }

    /// A server that silently answers no more than so many entries a page.
    pub fn set_largest_page(&self, entries: Option<usize>) {
        self.world.lock().paging.largest = entries;
    }

    /// A server that refuses page sizes above this as an invalid parameter.
    pub fn set_page_refused_above(&self, entries: Option<usize>) {
        self.world.lock().paging.refused_above = entries;
    }

    /// How far the server's clock is ahead of this machine's.
    pub fn set_clock_offset(&self, ahead: SignedDuration) {
        self.world.lock().clock.offset = ahead;
    }
}

// What was asked.
impl Simulator {
    /// Every call so far, in the order they arrived (the newest 100,000).
    pub fn calls(&self) -> Vec<Call> {
        self.world.lock().calls.all()
    }

    /// The calls of one operation.
    pub fn calls_of(&self, operation: Operation) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.operation == operation);
        calls
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.world.lock().calls.clear();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic in there was printed by its own thread; another one here would abort the test.
            let _ = thread.join();
        }
    }
}
