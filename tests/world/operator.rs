//! A stand-in for the operator: subscribes watches, takes in what comes, keeps a status.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use saewatch::api::{AppId, Diagnosis, Health};
use saewatch::domain::{Account, Identity, Named, NamedTarget, Observation, Pace, Target, TargetRef};
use saewatch::poll::{
    Attention, Clock, News, NewsSender, Polls, Settings, Subscription, WatchId, news, start,
};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::app::name;
use super::sae::Sae;
use super::{mins, secs};

/// How long after it became bad SAE is asked why.
const ASKED_WITHIN: SignedDuration = SignedDuration::from_mins(30);
/// How often a status is written when nothing changes.
const HEARTBEAT: SignedDuration = SignedDuration::from_mins(5);

/// One watch and its status: what survives a restart of the operator.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The account that it names.
    pub account: Option<Arc<Account>>,
    pub region: &'static str,
    pub app: usize,
    /// The name by which it knows its application, in place of the number.
    pub named: Option<Arc<Named>>,
    /// The id of that, as its status says.
    pub app_id: Option<AppId>,
    /// The groups it names; none: all.
    pub groups: Option<Vec<String>>,
    pub interval: Duration,
    pub generation: i64,
    pub observed_generation: i64,
    pub request: Option<String>,
    pub health: Health,
    pub changed_at: Option<Timestamp>,
    pub streak: bool,
    pub observed_at: Option<Timestamp>,
    pub effective_interval: Option<SignedDuration>,
    /// Whether a set made it.
    pub of_set: bool,
    /// Whether SAE is asked why its application is unwell.
    pub diagnose: bool,
    /// What SAE answered to that, as its status says.
    pub diagnosis: Option<Diagnosis>,
}

/// One look of a watch at an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When, from the beginning of the world.
    pub at: Duration,
    pub app: usize,
    pub running: usize,
    pub unready: usize,
}

/// The operator.
pub struct Operator {
    pub sae: Arc<Sae>,
    pub calls_per_minute: u32,
    pub clock: Clock,
    pub watches: BTreeMap<WatchId, Watch>,
    pub looks: Vec<Look>,
    /// When each watch learned why its application is unwell.
    pub explained: Vec<(Duration, WatchId)>,
    pub paces: BTreeMap<WatchId, Pace>,
    pub identities: BTreeMap<WatchId, Identity>,
    /// How often each watch had news.
    pub reconciled: BTreeMap<WatchId, usize>,
    /// The longest pace that the watches of each application ever showed.
    pub slowest: BTreeMap<usize, Duration>,
    pub polls: Polls,
    sender: NewsSender,
    news: News,
    stop: CancellationToken,
}

impl Watch {
    pub fn new(app: usize) -> Self {
        Self {
            account: None,
            region: "cn-hangzhou",
            app,
            named: None,
            app_id: None,
            groups: None,
            interval: secs(60),
            generation: 1,
            observed_generation: -1,
            request: None,
            health: Health::Unknown,
            changed_at: None,
            streak: false,
            observed_at: None,
            effective_interval: None,
            of_set: false,
            diagnose: false,
            diagnosis: None,
        }
    }

    /// A watch whose application was seen well long ago and whose data is fresh.
    pub fn seen(app: usize, observed_at: Timestamp) -> Self {
        let long_ago = observed_at - SignedDuration::from_hours(24);
        let (observed_at, changed_at) = (Some(observed_at), Some(long_ago));
        Self { observed_generation: 1, health: Health::Healthy, observed_at, changed_at, ..Self::new(app) }
    }

    pub fn target(&self) -> Target {
        Target {
            account: self.account.clone(),
            region: self.region.parse().expect("a region"),
            app: name(self.app).parse().expect("an application id"),
            groups: self
                .groups
                .as_ref()
                .map(|ids| ids.iter().map(|id| id.parse().expect("a group id")).collect()),
            instance: None,
            pipeline: None,
        }
    }

    /// A watch that knows its application by this name.
    pub fn by_name(name: &str, namespace: &str) -> Self {
        let (name, namespace) = (name.parse().expect("a name"), namespace.parse().expect("a namespace"));
        Self { named: Some(Arc::new(Named { name, namespace })), ..Self::new(0) }
    }

    fn target_ref(&self) -> TargetRef {
        let target = self.target();
        let Some(named) = self.named.clone() else { return TargetRef::Id(Arc::new(target)) };
        let Target { account, region, app: _, groups, instance, pipeline } = target;
        let target = NamedTarget { account, region, app: named, groups, instance, pipeline };
        TargetRef::Name(Arc::new(target), self.app_id.clone())
    }

    fn subscription(&self, now: Timestamp) -> Subscription {
        let interval = SignedDuration::try_from(self.interval).expect("an interval");
        let allowance = HEARTBEAT + self.effective_interval.unwrap_or(interval) * 3;
        Subscription {
            object: 0,
            target: self.target_ref(),
            namespace: None,
            interval: self.interval,
            timeout: secs(10),
            generation: self.generation,
            observed_generation: self.observed_generation,
            request: self.request.clone(),
            fresh_since: self.observed_at.filter(|at| now.duration_since(*at) <= allowance),
            attention: Attention { health: self.health, changed_at: self.changed_at },
            confirm: self.streak,
            of_set: self.of_set,
            diagnosis: self.wanted(now),
            diagnosed_at: self.diagnosis.as_ref().map(|stored| stored.at.0),
        }
    }

    /// What SAE is to be asked for beside the polls.
    fn wanted(&self, now: Timestamp) -> Option<Timestamp> {
        let since = self.changed_at.filter(|_| self.diagnose && self.health == Health::Degraded)?;
        let stored = self.diagnosis.as_ref();
        let is_explained = stored.is_some_and(|stored| stored.since.0 >= since);
        let is_late = now.duration_since(since) > ASKED_WITHIN;
        (!is_explained && !is_late).then_some(since)
    }

    /// Renders an answer: worse is shown at the second poll in a row that says so, better at once.
    fn render(&mut self, observation: &Observation) -> (usize, usize) {
        let count = |container: &str, health: Option<&str>| {
            let fits = |one: &&saewatch::domain::ObservedInstance| {
                one.container.as_deref() == Some(container)
                    && (health.is_none() || one.health.as_deref() == health)
            };
            observation.instances.iter().filter(fits).count()
        };
        let running = count("Running", None);
        let unready = count("Running", Some("ReadinessUnhealthy"));
        let newest = if running == observation.instances.len() && unready == 0 {
            Health::Healthy
        } else {
            Health::Degraded
        };
        let is_worse = newest == Health::Degraded && self.health == Health::Healthy;
        let streak = is_worse && !self.streak;
        let shown = if streak { self.health } else { newest };
        let is_due = self.observed_at.is_none_or(|at| observation.at.duration_since(at) >= HEARTBEAT);
        if shown != self.health || streak != self.streak || is_due {
            self.observed_at = Some(observation.at);
        }
        if shown != self.health {
            self.changed_at = Some(observation.at);
        }
        (self.health, self.streak) = (shown, streak);
        (running, unready)
    }
}

/// The watch of this name.
pub fn watch_id(name: &str) -> WatchId {
    WatchId { namespace: "world".into(), name: name.into() }
}

impl Operator {
    pub fn start(sae: Arc<Sae>, calls_per_minute: u32, clock: Clock) -> Self {
        let (sender, news) = news();
        let mut operator = Self::start_beside_others(sae, calls_per_minute, clock, sender);
        operator.news = news;
        operator
    }

    /// One of several accounts that share their news. Whoever receives them hands each to [`Operator::reconcile`].
    pub fn start_beside_others(
        sae: Arc<Sae>,
        calls_per_minute: u32,
        clock: Clock,
        sender: NewsSender,
    ) -> Self {
        let stop = CancellationToken::new();
        let settings = Settings { account: None, calls_per_minute, clock: clock.clone() };
        let polls = start(sae.clone(), settings, sender.clone(), stop.clone());
        // Nothing ever comes here.
        let (_, news) = news();
        let (watches, looks, paces) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let slowest = BTreeMap::new();
        let (identities, reconciled) = (BTreeMap::new(), BTreeMap::new());
        Self {
            sae,
            calls_per_minute,
            clock,
            watches,
            looks,
            explained: Vec::new(),
            paces,
            identities,
            reconciled,
            slowest,
            polls,
            sender,
            news,
            stop,
        }
    }

    /// Kills the scheduler and starts another one `away` later; of the watches only the statuses survive.
    pub async fn restart(mut self, away: Duration) -> Self {
        self.stop.cancel();
        tokio::time::sleep(away).await;
        let mut next = Self::start(self.sae.clone(), self.calls_per_minute, self.clock.clone());
        next.looks = std::mem::take(&mut self.looks);
        next.explained = std::mem::take(&mut self.explained);
        for (id, watch) in std::mem::take(&mut self.watches) {
            next.watch(&id, watch);
        }
        next
    }

    /// Stops the scheduler and makes another one at once, with another budget.
    pub fn remake(&mut self, calls_per_minute: u32) {
        self.stop.cancel();
        self.stop = CancellationToken::new();
        self.calls_per_minute = calls_per_minute;
        let settings = Settings { account: None, calls_per_minute, clock: self.clock.clone() };
        self.polls = start(self.sae.clone(), settings, self.sender.clone(), self.stop.clone());
        for (id, watch) in &self.watches {
            self.polls.subscribe(id, watch.subscription(self.clock.now()));
        }
    }

    /// Adds or changes a watch.
    pub fn watch(&mut self, id: &WatchId, watch: Watch) {
        self.polls.subscribe(id, watch.subscription(self.clock.now()));
        self.watches.insert(id.clone(), watch);
    }

    /// Adds a watch for each application, `app-00000` and so on.
    pub fn watch_all(&mut self, watches: impl IntoIterator<Item = Watch>) {
        for watch in watches {
            self.watch(&watch_id(&name(watch.app)), watch);
        }
    }

    /// Deletes or suspends a watch.
    pub fn forget(&mut self, id: &WatchId) {
        self.polls.unsubscribe(id);
        self.watches.remove(id);
    }

    /// Works until the world is so old.
    pub async fn work_until(&mut self, passed: Duration) {
        let until = Instant::now() + passed.saturating_sub(self.sae.passed());
        while let Ok(Some(id)) = timeout_at(until, self.news.recv()).await {
            self.reconcile(&id);
        }
    }

    /// Works until a watch has news; whether it had, within an hour.
    pub async fn work_until_news(&mut self, wanted: &WatchId) -> bool {
        let until = Instant::now() + mins(60);
        while let Ok(Some(id)) = timeout_at(until, self.news.recv()).await {
            self.reconcile(&id);
            if id == *wanted {
                return true;
            }
        }
        false
    }

    /// Takes in what is new of a watch, if it is one of its own.
    pub fn reconcile(&mut self, id: &WatchId) {
        let (Some(seen), Some(watch)) = (self.polls.latest(id), self.watches.get_mut(id)) else { return };
        watch.effective_interval = seen.pace.effective_interval;
        watch.app_id = seen.identity.id.clone().or(watch.app_id.take());
        *self.reconciled.entry(id.clone()).or_default() += 1;
        let shown = watch.effective_interval.map_or(watch.interval, SignedDuration::unsigned_abs);
        let slowest = self.slowest.entry(watch.app).or_default();
        *slowest = shown.max(*slowest);
        if let Some(observation) = &seen.observation {
            let (running, unready) = watch.render(observation);
            self.looks.push(Look { at: self.sae.passed(), app: watch.app, running, unready });
            watch.observed_generation = seen.pace.generation.unwrap_or(watch.observed_generation);
        }
        if let Some(diagnosis) = &seen.diagnosis {
            watch.diagnosis = Some(Diagnosis::clone(diagnosis));
            self.explained.push((self.sae.passed(), id.clone()));
        }
        if seen.pace.token_served == watch.request {
            watch.request = None;
        }
        self.polls.subscribe(id, watch.subscription(self.clock.now()));
        self.polls.acknowledge(id, &seen);
        self.paces.insert(id.clone(), seen.pace);
        self.identities.insert(id.clone(), seen.identity);
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
