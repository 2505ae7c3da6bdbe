//! One watch that is unwell, on an API server of its own, and what becomes of its diagnoses.

use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::*;
use crate::domain::{self, Identity, Pace};
use crate::operator::accounts::Directory;
use crate::operator::context::Context;
use crate::operator::watched::Watched;
use crate::poll::{self, Clock, WatchId};
use crate::sae::{self, Ask, Call, Class};
use crate::telemetry::Metrics;

/// Since when the application is unwell.
const SINCE: &str = "2026-11-30T12:00:00Z";

/// An SAE that is never asked.
struct Silent;

impl<C: Call> Ask<C> for Silent {
    async fn ask(&self, _: &C, _: Duration) -> Result<C::Reply, sae::Error> {
        Err(sae::Error::new("SAE", Class::Transient(None), "not asked for here"))
    }
}

/// What the API server does to a patch of the diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Store,
    /// An older CRD: what it does not declare is dropped.
    Drop,
    Refuse(u16),
}

/// The API server.
struct Server {
    watch: Value,
    answer: Answer,
    /// The method and path of each request, with its body.
    requests: Vec<(String, Value)>,
}

impl Server {
    fn respond(&mut self, method: &Method, path: &str, body: Value) -> (u16, Value) {
        self.requests.push((format!("{method} {path}"), body.clone()));
        let refusal =
            |code: u16| (code, json!({"kind": "Status", "status": "Failure", "code": code, "message": "no"}));
        if method == Method::POST {
            return (201, body);
        }
        match self.answer {
            Answer::Refuse(code) => return refusal(code),
            Answer::Store | Answer::Drop => {}
        }
        if body["metadata"]["resourceVersion"] != self.watch["metadata"]["resourceVersion"] {
            return refusal(409);
        }
        merge(&mut self.watch["status"], &body["status"]);
        if self.answer == Answer::Drop {
            self.watch["status"].as_object_mut().unwrap().remove("diagnosis");
        }
        let version = self.watch["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap() + 1;
        self.watch["metadata"]["resourceVersion"] = json!(version.to_string());
        (200, self.watch.clone())
    }
}

/// RFC 7396.
fn merge(stored: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *stored = patch.clone();
        return;
    };
    if !stored.is_object() {
        *stored = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            stored.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut stored[name], value);
        }
    }
}

/// The watch, its operator and its API server.
struct World {
    server: Arc<Mutex<Server>>,
    context: Context,
    id: WatchId,
}

impl World {
    fn new() -> Self {
        let memory = json!({"verdict": {"outcome": "bad", "since": SINCE}});
        let watch = json!({
            "metadata": {
                "name": "shop", "namespace": "team-a", "uid": "u-1", "generation": 1, "resourceVersion": "7",
                "creationTimestamp": SINCE,
            },
            "spec": {"appId": "app-1", "regionId": "cn-hangzhou"},
            "status": {
                "health": "Degraded", "observedGeneration": 1, "app": "shop", "appId": "app-1", "region": "cn-hangzhou", "memory": memory,
            },
        });
        let server = Server { watch: watch.clone(), answer: Answer::Store, requests: Vec::new() };
        let server = Arc::new(Mutex::new(server));
        let of_service = server.clone();
        let service = service_fn(move |request: Request<Body>| {
            let server = of_service.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
                let path = parts.uri.path_and_query().unwrap().as_str();
                let (code, answer) = server.lock().unwrap().respond(&parts.method, path, body);
                let response = Response::builder().status(code);
                Ok::<_, std::io::Error>(response.body(Body::from(answer.to_string().into_bytes())).unwrap())
            }
        });
        let clock = Clock::steady("2026-11-30T12:01:00Z".parse().unwrap());
        let (news, _) = poll::news();
        let settings = poll::Settings { account: None, calls_per_minute: 30, clock: clock.clone() };
        let polls = poll::start(Arc::new(Silent), settings, news, CancellationToken::new());
        let context = Context::new(
            kube::Client::new(service, "default"),
            polls,
            Directory::unused(false, None),
            domain::Settings { heartbeat: SignedDuration::from_mins(5), default_region: None },
            "replica-1".into(),
            clock,
            Metrics::default(),
        )
        .with_diagnoses();
        let (id, _) = context.watches.store(serde_json::from_value(watch).unwrap());
        Self { server, context, id }
    }

    /// The watch stream brings the watch with another status.
    fn bring(&self, change: &Value) {
        let mut server = self.server.lock().unwrap();
        merge(&mut server.watch["status"], change);
        self.context.watches.store(serde_json::from_value(server.watch.clone()).unwrap());
    }

    /// The watch is reconciled, and SAE has said this.
    async fn reconcile(&self, said: &Value) -> Option<Diagnosed> {
        let mut current = self.current();
        let watch = current.watch.clone();
        let visit = self.visit(&watch);
        let decision = self.decision(&current);
        let diagnosis = Some(Arc::new(said_by_sae(said)));
        let seen =
            Snapshot { pace: Pace::default(), observation: None, identity: Identity::default(), diagnosis };
        let diagnosed = visit.store_diagnosis(&decision, &mut current, None, Some(&seen)).await;
        self.context.watches.keep(&self.id, current);
        diagnosed
    }

    fn current(&self) -> Current {
        let stored = self.context.watches.stored(&self.id).unwrap();
        self.context.watches.current(&self.id, stored, self.context.now())
    }

    fn visit<'a>(&'a self, watch: &'a Watched) -> Visit<'a> {
        let lookup = self.context.accounts.look_up(None, "team-a", 1, &self.context.own_polls).unwrap();
        let (context, now) = (&self.context, self.context.now());
        Visit { id: &self.id, watch, read: watch.read(), lookup: Box::leak(Box::new(lookup)), context, now }
    }

    fn decision(&self, current: &Current) -> Decision {
        let memory = current.memory.clone();
        Decision { write: None, is_deferred: false, list: None, events: Vec::new(), wake: None, memory }
    }

    /// For what SAE is asked.
    fn wanted(&self) -> Option<Wanted> {
        let current = self.current();
        let watch = current.watch.clone();
        let visit = self.visit(&watch);
        let status = visit.read.status.as_ref().unwrap();
        let target = TargetRef::new(&visit.read.spec, Some(status), &visit.lookup.access).unwrap();
        visit.wanted_diagnosis(status, &target, &current)
    }

    fn answer(&self, answer: Answer) {
        self.server.lock().unwrap().answer = answer;
    }

    fn stored(&self) -> Value {
        self.server.lock().unwrap().watch["status"]["diagnosis"].clone()
    }

    /// What was asked of the API server since the last time.
    fn requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.server.lock().unwrap().requests)
    }

    fn kinds(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .map(|(request, _)| request[..request.find(' ').unwrap()].to_owned())
            .collect()
    }
}

fn said_by_sae(said: &Value) -> Diagnosis {
    let mut diagnosis = json!({"at": "2026-11-30T12:00:30Z", "since": "2026-11-30T11:59:00Z"});
    merge(&mut diagnosis, said);
    serde_json::from_value(diagnosis).unwrap()
}

fn failed() -> Value {
    let warning = json!({"reason": "BackOff", "object": "Pod/a", "count": 2});
    json!({"change": {"id": "7f2a", "status": "Failed", "message": "no image"}, "events": [warning]})
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_is_stored_once_after_its_event_as_its_own_manager() {
    let world = World::new();
    assert_eq!(world.wanted().map(|wanted| wanted.since), Some(SINCE.parse().unwrap()));
    assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled));
    let requests = world.requests();
    assert!(
        requests[0].0.starts_with("POST /apis/events.k8s.io/v1/namespaces/team-a/events"),
        "{requests:?}"
    );
    assert_eq!(requests[0].1["note"], "app shop (cn-hangzhou): Change order 7f2a failed: no image");
    let path = "/apis/saewatch.dev/v1alpha1/namespaces/team-a/saeappwatches/shop/status";
    assert!(requests[1].0.starts_with(&format!("PATCH {path}?")), "{requests:?}");
    assert!(requests[1].0.contains("fieldManager=saewatch-diagnosis"), "{requests:?}");
    assert_eq!(requests[1].1["metadata"], json!({"resourceVersion": "7"}));
    assert_eq!(requests[1].1["status"].as_object().unwrap().keys().collect::<Vec<_>>(), ["diagnosis"]);
    assert_eq!(
        requests[1].1["status"]["diagnosis"]["since"], SINCE,
        "of this watch, and not of the one that asked"
    );
    assert!(requests.len() == 2 && world.wanted().is_none());
    assert_eq!(world.reconcile(&failed()).await, None);
    assert!(world.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_next_status_is_written_on_top_of_the_diagnosis() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let current = world.current();
    let status = SaeAppWatchStatus { message: Some("later".into()), ..current.watch.read().status.unwrap() };
    let Context { client, metrics, .. } = &world.context;
    let written = status::write(client, &current.watch, &status, None, false, &metrics.crd).await.unwrap();
    assert!(matches!(&written, Written::Stored(stored) if stored.version() == Some(9)), "{written:?}");
    assert_eq!(world.requests().pop().unwrap().1["status"], json!({"message": "later"}));
    assert_eq!(world.stored()["change"]["id"], "7f2a");
}

#[tokio::test(start_paused = true)]
async fn a_newer_diagnosis_leaves_nothing_of_the_one_before_and_makes_no_second_event() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let step = json!({"at": "2026-11-30T12:00:50Z", "from": "Degraded", "to": "Unhealthy", "reason": "R"});
    world.bring(&json!({"recentTransitions": [step]}));
    world.requests();
    let newer = json!({"at": "2026-11-30T12:00:55Z", "change": {"id": "80aa", "status": "Running"}, "incomplete": "Throttled"});
    assert_eq!(world.reconcile(&newer).await, Some(Diagnosed::Settled));
    assert_eq!(world.kinds(), ["PATCH"]);
    let expected = json!({
        "at": "2026-11-30T12:00:55Z", "since": "2026-11-30T12:00:50Z", "change": {"id": "80aa", "status": "Running"},
        "events": [], "incomplete": "Throttled",
    });
    assert_eq!(world.stored(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_the_api_server_refuses_is_tried_once() {
    for answer in [Answer::Refuse(422), Answer::Refuse(403), Answer::Drop] {
        let world = World::new();
        world.answer(answer);
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled), "{answer:?}");
        assert_eq!(world.kinds(), ["POST", "PATCH"]);
        assert_eq!(world.wanted(), None, "{answer:?}");
        assert_eq!(world.reconcile(&failed()).await, None);
        assert!(world.kinds().is_empty(), "{answer:?}");
        let trouble = world.context.metrics.crd.trouble();
        assert_eq!(
            trouble.is_some_and(|trouble| trouble.contains("status.diagnosis")),
            answer == Answer::Drop
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_fails_otherwise_is_tried_again_with_the_same_event() {
    for code in [500, 503, 429, 401] {
        let world = World::new();
        world.answer(Answer::Refuse(code));
        let budgets = world.current().budgets;
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Unanswered), "{code}");
        assert_eq!(world.current().budgets, budgets, "an outage takes no place of another event");
        let first = world.requests().remove(0).1["metadata"]["name"].clone();
        world.answer(Answer::Store);
        assert_eq!(world.reconcile(&failed()).await, Some(Diagnosed::Settled), "{code}");
        assert_eq!(world.requests()[0].1["metadata"]["name"], first, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_writer_and_a_deletion_are_no_failures() {
    for (code, expected) in [(409, Diagnosed::Conflict), (404, Diagnosed::Gone)] {
        let world = World::new();
        world.answer(Answer::Refuse(code));
        assert_eq!(world.reconcile(&failed()).await, Some(expected));
        assert!(world.wanted().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stored_that_is_not_wanted_any_more() {
    let good = json!({"memory": {"verdict": {"outcome": "good"}}});
    let late = json!({"memory": {"verdict": {"since": "2026-11-30T11:20:00Z"}}});
    for change in [good, late, json!({"appId": "app-2"}), json!({"region": "cn-beijing"})] {
        let world = World::new();
        world.bring(&change);
        assert_eq!(world.reconcile(&failed()).await, None, "{change}");
        assert!(world.requests().is_empty(), "{change}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_diagnosis_of_a_watch_that_polls_nothing_more_is_not_stored() {
    let world = World::new();
    let current = &mut world.current();
    let watch = current.watch.clone();
    let diagnosis = Some(Arc::new(said_by_sae(&json!({}))));
    let seen =
        Snapshot { pace: Pace::default(), observation: None, identity: Identity::default(), diagnosis };
    let (decision, polls) = (world.decision(current), world.context.own_polls.clone());
    let visit = world.visit(&watch);
    assert_eq!(visit.store_diagnosis(&decision, current, Some(&polls), Some(&seen)).await, None);
    assert!(world.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_says_nothing_is_stored_without_an_event() {
    let world = World::new();
    assert_eq!(world.reconcile(&json!({"incomplete": "AccessDenied"})).await, Some(Diagnosed::Settled));
    assert_eq!(world.kinds(), ["PATCH"]);
    assert_eq!(world.stored()["incomplete"], "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_has_had_its_time_goes_with_the_next_write_alone() {
    let world = World::new();
    world.reconcile(&failed()).await;
    let watch = world.current().watch;
    let mut visit = world.visit(&watch);
    let stored = watch.read().status.unwrap();
    assert!(!visit.drops_diagnosis(&stored));
    visit.now = "2026-12-01T12:00:00Z".parse::<Timestamp>().unwrap();
    assert!(!visit.drops_diagnosis(&stored), "the application is still unwell");
    let mut well = stored.clone();
    well.memory.verdict.as_mut().unwrap().outcome = crate::api::Outcome::Good;
    assert!(visit.drops_diagnosis(&well));

    world.requests();
    let Context { client, metrics, .. } = &world.context;
    status::write(client, &watch, &stored, None, true, &metrics.crd).await.unwrap();
    assert!(world.requests().is_empty(), "that alone is no reason to write");
    status::write(client, &watch, &well, None, true, &metrics.crd).await.unwrap();
    assert_eq!(world.requests()[0].1["status"]["diagnosis"], Value::Null);
    assert_eq!(world.stored(), Value::Null);
}

#[tokio::test(start_paused = true)]
async fn an_operator_without_diagnoses_asks_for_none_and_removes_what_is_stored() {
    let mut world = World::new();
    world.reconcile(&failed()).await;
    world.context.diagnoses = false;
    world.bring(&json!({"memory": {"verdict": {"since": "2026-11-30T12:00:50Z"}}}));
    assert_eq!(world.wanted(), None);
    let watch = world.current().watch;
    let visit = world.visit(&watch);
    assert!(visit.drops_diagnosis(visit.read.status.as_ref().unwrap()));
}
