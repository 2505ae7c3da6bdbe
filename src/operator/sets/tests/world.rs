//! A controller of sets in its world.

use std::sync::Arc;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use jiff::SignedDuration;
use kube::core::{Expression, Selector};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use crate::domain;
use crate::operator::accounts::Directory;
use crate::operator::context::Context;
use crate::operator::controller::Scope;
use crate::operator::sets::controller::Controller;
use crate::operator::sets::stream::Change;
use crate::poll::{self, Clock, Polls, WatchId};
use crate::sae::{
    self, ApplicationsCall, Ask, AvailabilityCall, ChangeOrderCall, ChangeOrdersCall, Class, EventsCall,
    GroupsCall, InstancesCall, ListedApplication, Page, StatusCall,
};
use crate::telemetry::Metrics;

/// An SAE in which as many applications run, none of them watched yet.
struct Sae(usize);

impl Ask<ApplicationsCall> for Sae {
    async fn ask(&self, _: &ApplicationsCall, _: Duration) -> Result<Page<ListedApplication>, sae::Error> {
        let application = |number: usize| ListedApplication {
            app: format!("app-{number}"),
            name: Some(format!("shop-{number}")),
            namespace: Some("cn-hangzhou".into()),
            instances: Some(1),
            running: Some(1),
            is_deleting: false,
            tags: Box::default(),
        };
        Ok(Page { entries: (0..self.0).map(application).collect(), total: u64::try_from(self.0).ok() })
    }
}

macro_rules! unasked {
    ($($call:ty),*) => {$(
        impl Ask<$call> for Sae {
            async fn ask(&self, _: &$call, _: Duration) -> Result<<$call as sae::Call>::Reply, sae::Error> {
                Err(sae::Error::new("SAE", Class::Transient(None), "not asked for here"))
            }
        }
    )*};
}
unasked!(
    StatusCall,
    GroupsCall,
    InstancesCall,
    AvailabilityCall,
    ChangeOrdersCall,
    ChangeOrderCall,
    EventsCall
);

/// A controller that runs, and what surrounds it.
pub struct World {
    pub cluster: Cluster,
    applications: usize,
    context: Arc<Context>,
    polls: Polls,
    stream: UnboundedSender<Change>,
    stop: CancellationToken,
}

impl World {
    /// With so many applications, and no watches.
    pub fn new(applications: usize) -> Self {
        let world = Self::start(Cluster::default(), applications, None);
        world.list_watches();
        world
    }

    /// The same with an operator that follows only what has a label.
    pub fn with_selector(applications: usize, label: &str, value: &str) -> Self {
        let selector = Selector::from(Expression::Equal(label.into(), value.into()));
        let world = Self::start(Cluster::default(), applications, Some(selector));
        world.list_watches();
        world
    }

    /// Another operator in the place of this one, which knows no watch yet.
    pub fn restarted_without_watches(self) -> Self {
        self.stop.cancel();
        Self::start(self.cluster.clone(), self.applications, None)
    }

    fn start(cluster: Cluster, applications: usize, label_selector: Option<Selector>) -> Self {
        let (stop, clock) =
            (CancellationToken::new(), Clock::steady("2027-01-01T00:00:00Z".parse().unwrap()));
        let settings = poll::Settings { account: None, calls_per_minute: 600, clock: clock.clone() };
        let (news, _) = poll::news();
        let polls = poll::start(Arc::new(Sae(applications)), settings, news, stop.clone());
        let region = Some("cn-hangzhou".parse().unwrap());
        let settings =
            domain::Settings { heartbeat: SignedDuration::from_mins(5), default_region: region.clone() };
        let context = Context::new(
            cluster.client(),
            polls.clone(),
            Directory::unused(false, region),
            settings,
            "replica-1".into(),
            clock,
            Metrics::default(),
        );
        let context = Arc::new(context.with_sets());
        let changes = context.sets.clone().unwrap();
        let scope = Scope { namespaces: Vec::new(), label_selector };
        let (stream, sets) = unbounded();
        tokio::spawn(Controller::new(context.clone(), changes, scope, stop.clone()).run_on(sets));
        Self { cluster, applications, context, polls, stream, stop }
    }

    /// A team declares a set.
    pub fn declare(&self, name: &str, spec: &Value) {
        let set = self.cluster.declare(name, spec);
        self.send(set);
    }

    /// The watch stream brings a set as it is stored.
    pub fn bring(&self, name: &str) {
        let set = self.cluster.state().sets[name].clone();
        self.send(set);
    }

    /// A set is deleted; Kubernetes' garbage collection waits.
    pub fn delete(&self, name: &str) {
        let mut set = self.cluster.state().sets[name].clone();
        set["metadata"]["deletionTimestamp"] = json!("2027-01-02T00:00:00Z");
        let generation = set["metadata"]["generation"].as_i64().unwrap();
        set["metadata"]["generation"] = json!(generation + 1);
        set["metadata"]["resourceVersion"] = json!("1000000");
        self.cluster.state().sets.insert(name.to_owned(), set.clone());
        self.send(set);
    }

    fn send(&self, set: Value) {
        self.stream.unbounded_send(Change::Put(Box::new(serde_json::from_value(set).unwrap()))).unwrap();
    }

    /// The watch stream brings a watch.
    pub fn stream(&self, watch: &Value) {
        self.context.watches.store(serde_json::from_value(watch.clone()).unwrap());
    }

    /// The watch stream brings the end of a watch.
    pub fn forget(&self, name: &str) {
        self.context.forget(&WatchId { namespace: "team-a".into(), name: name.into() });
    }

    /// The watch stream has brought all watches.
    pub fn list_watches(&self) {
        self.context.sets.as_ref().unwrap().note_list(None);
    }

    pub async fn seconds(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
    }

    /// The name of the watch that the set `all` makes of an application.
    pub async fn name_of(&self, number: usize) -> String {
        let other = Self::new(self.applications);
        other.declare("all", &json!({}));
        other.seconds(60).await;
        let applied = other.cluster.applied();
        applied.into_iter().find(|name| name.starts_with(&format!("all-shop-{number}-"))).unwrap()
    }

    /// How many lists are kept for sets.
    pub fn readers(&self) -> usize {
        let region = "cn-hangzhou".parse().unwrap();
        usize::from(self.polls.lists(&region).list.is_some())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
