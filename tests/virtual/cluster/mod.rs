//! An API server in memory: three resources, merge patches, applies, watches, and trouble on demand.
//!
//! `store` keeps the objects, `merge` is a merge patch, `apply` a server-side apply, `schema` is what the CRD demands, `feed` is a watch stream, `call` what is asked, `trouble` what goes wrong, `service` puts them behind a `kube::Client`.

mod apply;
mod call;
mod feed;
mod merge;
mod schema;
mod service;
mod store;
mod trouble;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use call::{Call, Verb};
pub use trouble::{Plan, Trouble};

pub use store::Resource;
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
    /// Watches, and all events.
    store: Store,
    sets: Store,
    calls: Vec<Call>,
    plans: Vec<Plan>,
    /// How long the watch cache is behind.
    lag: Duration,
    /// Streams of an earlier number have ended.
    cut: u64,
    /// The versions up to which the open streams of watches have brought everything.
    feeds: Vec<Weak<AtomicU64>>,
    broken_laws: Vec<String>,
    patches: Patches,
    changes: watch::Sender<()>,
}

/// How many patches are under way, and the most that ever were.
#[derive(Default)]
struct Patches {
    now: usize,
    most: usize,
}

impl Cluster {
    pub fn new(clock: Clock) -> Self {
        let state = State {
            store: Store::new(Resource::Watches),
            sets: Store::new(Resource::Sets),
            calls: Vec::new(),
            plans: Vec::new(),
            lag: Duration::ZERO,
            cut: 0,
            feeds: Vec::new(),
            broken_laws: Vec::new(),
            patches: Patches::default(),
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
        self.edit(name, |watch| watch["spec"] = merge::merge_patch(&watch["spec"], fields));
    }

    /// Asks for a poll now.
    pub fn request_poll(&self, name: &str, token: &str) {
        self.edit(name, |watch| {
            watch["metadata"]["annotations"]["saewatch.dev/requested-at"] = json!(token);
        });
    }

    /// Deletes a watch that a finalizer holds.
    pub fn begin_delete(&self, name: &str) {
        self.edit(name, |watch| {
            let metadata = &mut watch["metadata"];
            metadata["generation"] = json!(metadata["generation"].as_i64().unwrap() + 1);
            metadata["deletionTimestamp"] = json!(self.clock.now());
        });
    }

    pub fn delete(&self, name: &str) {
        self.change(|store| store.delete(&named(name)));
    }

    /// Writes into a status as somebody with `kubectl edit --subresource=status` does: a merge patch.
    pub fn damage(&self, name: &str, status: &Value) {
        let body = json!({"status": status});
        self.change(|store| store.patch_status(&named(name), &body)).unwrap();
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

    /// Every event that was emitted, oldest first.
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

    /// How many patches are under way.
    pub fn patches_under_way(&self) -> usize {
        self.state().patches.now
    }

    /// The most patches that ever were under way at a time.
    pub fn most_patches_at_a_time(&self) -> usize {
        self.state().patches.most
    }

    /// Takes a field out of the schema of a status: that of an older version.
    pub fn forget_field(&self, object: &str, field: &str) {
        let mut state = self.state();
        let fields = state.store.schema.pointer_mut(object).unwrap().as_object_mut().unwrap();
        fields.remove(field).unwrap_or_else(|| panic!("there is no {field}"));
    }

    /// Adds a text to the schema of a status: that of a newer version.
    pub fn know_field(&self, field: &str) {
        self.state().store.schema["properties"][field] = json!({"type": "string"});
    }

    /// Brings the schema of this version back.
    pub fn know_all_fields(&self) {
        self.state().store.schema = schema::of_status(Resource::Watches);
    }

    /// Ends every watch stream.
    pub fn cut_watches(&self) {
        let mut state = self.state();
        state.cut += 1;
        state.changes.send_replace(());
    }

    /// Forgets all changes until now: a watch that goes on from before hears that they are gone.
    pub fn compact(&self) {
        let mut state = self.state();
        state.store.compacted = state.store.version;
    }

    /// Whether the streams of watches have brought everything that is stored.
    pub fn is_followed(&self) -> bool {
        let mut state = self.state();
        state.feeds.retain(|feed| feed.strong_count() > 0);
        // Events have versions of the same row, and come in no stream of watches.
        let newest = state.store.history.last().map_or(0, |change| change.version);
        let is_told = |feed: Arc<AtomicU64>| feed.load(Ordering::Relaxed) >= newest;
        !state.feeds.is_empty() && state.feeds.iter().filter_map(Weak::upgrade).all(is_told)
    }

    /// Lets watch streams, and the lists that they begin with, be this much behind.
    pub fn lag(&self, lag: Duration) {
        let mut state = self.state();
        state.lag = lag;
        state.changes.send_replace(());
    }

    /// Declares a set; what its spec leaves out has the default of the schema.
    pub fn declare_set(&self, name: &str, spec: &Value) {
        let (now, mut spec) = (self.clock.now(), spec.clone());
        schema::default_all(&mut spec, schema::of_spec(Resource::Sets));
        self.change_in(Resource::Sets, |store| store.create(&named(name), &spec, now));
    }

    /// Changes the spec of a set: each field given, null for one that is to go.
    pub fn edit_set(&self, name: &str, fields: &Value) {
        self.change_in(Resource::Sets, |store| {
            store.edit(&named(name), |set| set["spec"] = merge::merge_patch(&set["spec"], fields));
        });
    }

    /// Deletes a set, and not its watches, as `--cascade=orphan` does.
    pub fn delete_set(&self, name: &str) {
        self.change_in(Resource::Sets, |store| store.delete(&named(name)));
    }

    /// A set as it is stored.
    pub fn set(&self, name: &str) -> Value {
        self.state().sets.get(&named(name)).unwrap().clone()
    }

    /// The watches that there are, by their names.
    pub fn watches(&self) -> Vec<Value> {
        self.state().store.list(None).cloned().collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        self.change_in(Resource::Watches, change)
    }

    fn change_in<T>(&self, resource: Resource, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut state = self.state();
        let result = change(state.store_mut(resource));
        state.changes.send_replace(());
        result
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn store(&self, resource: Resource) -> &Store {
        match resource {
            Resource::Watches => &self.store,
            Resource::Sets => &self.sets,
        }
    }

    fn store_mut(&mut self, resource: Resource) -> &mut Store {
        match resource {
            Resource::Watches => &mut self.store,
            Resource::Sets => &mut self.sets,
        }
    }
}

fn named(name: &str) -> Name {
    match name.split_once('/') {
        Some((namespace, name)) => (namespace.into(), name.into()),
        None => (NAMESPACE.into(), name.into()),
    }
}
