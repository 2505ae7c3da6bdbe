//! The world that the tests look at: an API server and an SAE in memory, and the real operator between them, on a
//! clock that stands still while anybody works and leaps while everybody waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use saewatch::api::{Condition, Health, SaeAppWatchStatus};
use saewatch::domain;
use saewatch::operator::{self, Context, Directory, Scope};
use saewatch::poll::{self, Clock, Polls};
use saewatch::telemetry::{Exposition, Format, Metrics, Readiness, Watchdog};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::cluster::{Call, Cluster, Verb};
use crate::life::Life;
use crate::sae::{Application, Sae};
use crate::target_table;

/// How often the operator writes an unchanged status.
const HEARTBEAT: Duration = Duration::from_secs(300);
/// How long a killed operator is away.
const RESTART: Duration = Duration::from_secs(1);
/// How long an operator that was asked to end may take, whatever it meets.
const PATIENCE: Duration = Duration::from_secs(60);
/// When every test begins.
pub const BEGINNING: &str = "2026-01-01T00:00:00Z";

/// An API server, an SAE, and perhaps an operator.
pub struct World {
    pub cluster: Cluster,
    pub sae: Sae,
    pub clock: Clock,
    pub calls_per_minute: u32,
    pub heartbeat: Duration,
    pub metrics: Metrics,
    pub scope: Scope,
    /// Whether the operator follows sets.
    pub follows_sets: bool,
    /// Whether SAE is asked why an application is unwell.
    pub diagnoses: bool,
    operator: Option<Running>,
    /// Operators that have not noticed yet that another one has taken over.
    former: Vec<Running>,
}

struct Running {
    life: Life,
    stop: CancellationToken,
    task: JoinHandle<()>,
    readiness: Readiness,
    polls: Polls,
}

impl World {
    /// A world without an operator.
    pub fn new() -> Self {
        let clock = Clock::steady(BEGINNING.parse().unwrap());
        Self {
            cluster: Cluster::new(clock.clone()),
            sae: Sae::new(clock.clone()),
            clock,
            calls_per_minute: 60,
            heartbeat: HEARTBEAT,
            metrics: Metrics::default(),
            scope: Scope::default(),
            follows_sets: false,
            diagnoses: false,
            operator: None,
            former: Vec::new(),
        }
    }

    /// A world in which the watch `shop` on the application `app-1` with three healthy instances has had its first
    /// answer.
    pub async fn observed() -> Self {
        let mut world = Self::new();
        world.sae.run("app-1", Application::healthy(3));
        world.declare("shop", "app-1");
        world.start();
        world.minutes(1).await;
        assert_eq!(world.status("shop").health, Some(Health::Healthy));
        world
    }

    /// Starts the operator.
    pub fn start(&mut self) {
        self.live(Life::default());
    }

    /// Starts an operator that is killed right after its `last` call, and then one that lives on.
    pub fn start_until_call(&mut self, last: u32) {
        self.live(Life::until_call(last));
    }

    fn live(&mut self, life: Life) {
        assert!(self.operator.is_none(), "one operator at a time");
        let (stop, readiness) = (CancellationToken::new(), Readiness::default());
        let (calls_per_minute, clock) = (self.calls_per_minute, self.clock.clone());
        let settings = poll::Settings { account: None, calls_per_minute, clock };
        let (sender, news) = poll::news();
        let polls = poll::start(Arc::new(self.sae.line(&life)), settings, sender.clone(), stop.clone());
        let settings = domain::Settings {
            heartbeat: SignedDuration::try_from(self.heartbeat).unwrap(),
            default_region: Some("cn-hangzhou".parse().unwrap()),
        };
        let client = self.cluster.client(&life);
        self.metrics.lead(true);
        let replica = "replica-1".into();
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        let accounts = Directory::unused(false, settings.default_region.clone());
        let context = Context::new(client, polls.clone(), accounts, settings, replica, clock, metrics);
        let context = context.with_targets();
        let context = if self.follows_sets { context.with_sets() } else { context };
        let context = Arc::new(if self.diagnoses { context.with_diagnoses() } else { context });
        let task = {
            let (readiness, stop, scope) = (readiness.clone(), stop.clone(), self.scope.clone());
            tokio::spawn(async move {
                operator::run(context, &scope, None, (sender, news), readiness, &Watchdog::new(), stop).await;
            })
        };
        self.operator = Some(Running { life, stop, task, readiness, polls });
    }

    /// Starts another operator beside the one that runs, which works on until [`World::end_former`].
    pub fn hand_over(&mut self) {
        self.former.extend(self.operator.take());
        self.start();
    }

    /// Kills the operators that others have taken over from. What they have sent may still arrive.
    pub fn end_former(&mut self) {
        self.former.drain(..).for_each(Running::kill);
    }

    /// Kills the operator: nothing that it was about to do happens.
    pub fn kill(&mut self) {
        self.operator.take().unwrap().kill();
    }

    /// Asks the operator to end, as SIGTERM does, and says how long it took.
    pub async fn stop(&mut self) -> Duration {
        let operator = self.operator.take().unwrap();
        let asked = Instant::now();
        operator.stop.cancel();
        let ended = timeout(PATIENCE, operator.task).await;
        ended.unwrap_or_else(|_| panic!("the operator has not ended after {PATIENCE:?}")).unwrap();
        asked.elapsed()
    }

    /// Lets time pass. An operator that dies meanwhile is started anew.
    pub async fn pass(&mut self, duration: Duration) {
        self.go_on(duration).await;
        assert_eq!(self.cluster.broken_laws(), [""; 0]);
        target_table::check(self);
    }

    async fn go_on(&mut self, duration: Duration) {
        let until = Instant::now() + duration;
        loop {
            let Some(operator) = &mut self.operator else { return sleep_until(until).await };
            tokio::select! {
                () = sleep_until(until) => return,
                () = operator.life.over() => {
                    self.kill();
                    sleep(RESTART).await;
                    self.start();
                }
                ended = &mut operator.task => panic!("the operator ended by itself: {ended:?}"),
            }
        }
    }

    pub async fn minutes(&mut self, minutes: u64) {
        self.pass(Duration::from_secs(60 * minutes)).await;
    }

    pub async fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds)).await;
    }

    /// How many calls the running operator has made to the outside.
    pub fn calls(&self) -> u32 {
        self.operator.as_ref().map_or(0, |operator| operator.life.calls())
    }

    pub fn is_ready(&self) -> bool {
        self.operator.as_ref().is_some_and(|operator| operator.readiness.is_reached())
    }

    /// The polls of the running operator.
    pub fn polls(&self) -> Option<&Polls> {
        self.operator.as_ref().map(|operator| &operator.polls)
    }

    /// Declares a watch on an application.
    pub fn declare(&self, name: &str, app: &str) {
        self.cluster.create(name, &json!({"appId": app}));
    }

    /// The status of a watch as a client reads it.
    pub fn status(&self, name: &str) -> SaeAppWatchStatus {
        serde_json::from_value(self.cluster.get(name)["status"].take()).unwrap()
    }

    /// A condition of a watch.
    pub fn condition(&self, name: &str, of: &str) -> Option<Condition> {
        self.status(name).conditions.into_iter().find(|condition| condition.type_ == of)
    }

    /// Ready's status and reason, or AppHealthy's, as `True Observed`; `absent` when it is.
    pub fn says(&self, name: &str, of: &str) -> String {
        let condition = self.condition(name, of);
        condition.map_or_else(|| "absent".into(), |said| format!("{} {}", said.status, said.reason))
    }

    /// The value of the metric line that begins like this; `None` if there is none.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let pieces = Exposition::new(&self.metrics, Vec::new(), true).pieces(Format::OpenMetrics);
        let text: String = pieces.map(Result::unwrap).collect();
        let line = text.lines().find(|line| line.starts_with(series))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// The writes that a watch's status has had so far.
    pub fn writes(&self, name: &str) -> Vec<Call> {
        let is_write = |call: &Call| call.verb == Verb::Patch && call.name.1 == name;
        self.cluster.calls().into_iter().filter(is_write).collect()
    }

    /// The reasons of the events of a watch, oldest first.
    pub fn emitted(&self, name: &str) -> Vec<String> {
        let events = self.cluster.events();
        let about = events.iter().filter(|event| event["regarding"]["name"] == name);
        about.map(|event| event["reason"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Running {
    fn kill(self) {
        self.life.end();
        self.task.abort();
        self.stop.cancel();
    }
}

/// An operator does not outlive its world: it would work on while the next one's time passes.
impl Drop for World {
    fn drop(&mut self) {
        self.end_former();
        self.operator.take().into_iter().for_each(Running::kill);
    }
}

/// Runs a test of its own on a clock of its own.
pub fn on_a_paused_clock<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

/// A status without the times that a heartbeat moves.
pub fn without_heartbeat(mut watch: Value) -> Value {
    let status = watch["status"].as_object_mut().unwrap();
    status.remove("observedAt");
    status.remove("staleAfter");
    watch["metadata"]["resourceVersion"].take();
    watch
}
