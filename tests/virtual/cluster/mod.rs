//! An API server in memory: two resources, server-side apply, watches, and trouble on demand.
//!
//! `store` keeps the objects, `fields` and `ownership` are server-side apply, `schema` is what the CRD demands,
//! `feed` is a watch stream, `call` what is asked, `trouble` what goes wrong, `service` puts them behind a `kube::Client`.

mod call;
mod feed;
mod fields;
mod ownership;
mod schema;
mod service;
mod store;
mod trouble;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use call::{Call, Verb};
pub use ownership::Owners;
pub use trouble::{Plan, Trouble};

use store::{Name, Store};

/// Where every watch of these tests lives, unless a test says otherwise.
pub const NAMESPACE: &str = "team";

/// The API server; clones are the same one.
#[derive(Clone)]
pub struct Cluster {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

struct State {
    store: Store,
    calls: Vec<Call>,
    plans: Vec<Plan>,
    /// How long the watch cache is behind.
    lag: Duration,
    /// Streams of an earlier number have ended.
    cut: u64,
    broken_laws: Vec<String>,
    changes: watch::Sender<()>,
}

impl Cluster {
    pub fn new(clock: Clock) -> Self {
        let state = State {
            store: Store::new(),
            calls: Vec::new(),
            plans: Vec::new(),
            lag: Duration::ZERO,
            cut: 0,
            broken_laws: Vec::new(),
            changes: watch::Sender::new(()),
        };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    /// Creates a watch.
    pub fn create(&self, name: &str, spec: &Value) {
        let now = self.clock.now();
        self.change(|store| store.create(&named(name), spec, now));
    }

    /// Changes a watch as a user does.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        self.change(|store| store.edit(&named(name), edit));
    }

    /// Changes the spec of a watch: each field given, null for one that is to go.
    pub fn edit_spec(&self, name: &str, fields: &Value) {
        self.edit(name, |watch| watch["spec"] = ownership::merge_patch(&watch["spec"], fields));
    }

    /// Asks for a poll now.
    pub fn request_poll(&self, name: &str, token: &str) {
        self.edit(name, |watch| {
            watch["metadata"]["annotations"]["saewatch.dev/requested-at"] = json!(token);
        });
    }

    pub fn delete(&self, name: &str) {
        self.change(|store| store.delete(&named(name)));
    }

    /// Writes into a status as somebody with `kubectl edit --subresource=status` does: a merge patch.
    pub fn damage(&self, name: &str, status: &Value) {
        let body = json!({"status": status});
        self.change(|store| store.merge_status(&named(name), "kubectl-edit", &body)).unwrap();
    }

    /// A watch as it is stored.
    pub fn get(&self, name: &str) -> Value {
        self.state().store.get(&named(name)).unwrap().clone()
    }

    /// Every status that was ever stored, with its time and the name of its watch, oldest first.
    pub fn stored(&self) -> Vec<(Timestamp, String, Value)> {
        let state = self.state();
        let stored = |change: &store::Change| {
            let name = change.object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            (self.clock.now() - change.at.elapsed(), name, change.object["status"].clone())
        };
        state.store.history.iter().map(stored).collect()
    }

    /// Every event that was told, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.state().store.events.clone()
    }

    /// Every call that came in.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The laws that a status broke when the operator had just written it.
    pub fn broken_laws(&self) -> Vec<String> {
        self.state().broken_laws.clone()
    }

    /// Plans trouble.
    pub fn plan(&self, plan: Plan) {
        self.state().plans.push(plan);
    }

    /// Ends all trouble.
    pub fn mend(&self) {
        self.state().plans.clear();
        self.lag(Duration::ZERO);
    }

    /// Ends every watch stream.
    pub fn cut_watches(&self) {
        let mut state = self.state();
        state.cut += 1;
        state.changes.send_replace(());
    }

    /// Forgets all changes until now: a watch that wants to go on from before is told that they are gone.
    pub fn compact(&self) {
        let mut state = self.state();
        state.store.compacted = state.store.version;
    }

    /// Lets watch streams, and the lists that they begin with, be this much behind.
    pub fn lag(&self, lag: Duration) {
        let mut state = self.state();
        state.lag = lag;
        state.changes.send_replace(());
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state.store);
        state.changes.send_replace(());
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn named(name: &str) -> Name {
    match name.split_once('/') {
        Some((namespace, name)) => (namespace.into(), name.into()),
        None => (NAMESPACE.into(), name.into()),
    }
}
