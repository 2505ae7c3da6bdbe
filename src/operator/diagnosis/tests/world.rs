//! A watch that is unwell, and an API server of its own.

use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use jiff::{SignedDuration, Timestamp};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use super::SINCE;
use crate::api::Diagnosis;
use crate::domain::{self, Decision, Identity, Pace, TargetRef};
use crate::operator::accounts::Directory;
use crate::operator::context::Context;
use crate::operator::diagnosis::Diagnosed;
use crate::operator::visit::Visit;
use crate::operator::watched::Watched;
use crate::operator::watches::Current;
use crate::poll::{self, Clock, Snapshot, WatchId};
use crate::sae::{self, Ask, Call, Class};
use crate::telemetry::Metrics;

/// An SAE that answers nothing.
struct Silent;

impl<C: Call> Ask<C> for Silent {
    async fn ask(&self, _: &C, _: Duration) -> Result<C::Reply, sae::Error> {
        Err(sae::Error::new("SAE", Class::Transient(None), "no answer"))
    }
}

/// What the API server does to a patch of the diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
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
pub struct World {
    server: Arc<Mutex<Server>>,
    pub context: Context,
    pub id: WatchId,
}

impl World {
    pub fn new() -> Self {
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
    pub fn bring(&self, change: &Value) {
        let mut server = self.server.lock().unwrap();
        merge(&mut server.watch["status"], change);
        self.context.watches.store(serde_json::from_value(server.watch.clone()).unwrap());
    }

    /// The watch is reconciled, and SAE has said this.
    pub async fn reconcile(&self, said: &Value) -> Option<Diagnosed> {
        let mut current = self.current();
        let watch = current.watch.clone();
        let visit = self.visit(&watch);
        let decision = Self::decision(&current);
        let diagnosis = Some(Arc::new(said_by_sae(said)));
        let seen =
            Snapshot { pace: Pace::default(), observation: None, identity: Identity::default(), diagnosis };
        let diagnosed = visit.store_diagnosis(&decision, &mut current, None, Some(&seen)).await;
        self.context.watches.keep(&self.id, current);
        diagnosed
    }

    pub fn current(&self) -> Current {
        let stored = self.context.watches.stored(&self.id).unwrap();
        self.context.watches.current(&self.id, stored, self.context.now())
    }

    pub fn visit<'a>(&'a self, watch: &'a Watched) -> Visit<'a> {
        let lookup = self.context.accounts.look_up(None, "team-a", 1, &self.context.own_polls).unwrap();
        let (context, now) = (&self.context, self.context.now());
        Visit { id: &self.id, watch, read: watch.read(), lookup: Box::leak(Box::new(lookup)), context, now }
    }

    pub fn decision(current: &Current) -> Decision {
        let memory = current.memory.clone();
        Decision { write: None, is_deferred: false, list: None, events: Vec::new(), wake: None, memory }
    }

    /// For what SAE is asked.
    pub fn wanted(&self) -> Option<Timestamp> {
        let current = self.current();
        let watch = current.watch.clone();
        let visit = self.visit(&watch);
        let status = visit.read.status.as_ref().unwrap();
        let target = TargetRef::new(&visit.read.spec, Some(status), &visit.lookup.access).unwrap();
        visit.wanted_diagnosis(status, &target, &current)
    }

    pub fn answer(&self, answer: Answer) {
        self.server.lock().unwrap().answer = answer;
    }

    pub fn stored(&self) -> Value {
        self.server.lock().unwrap().watch["status"]["diagnosis"].clone()
    }

    /// What was asked of the API server since the last time.
    pub fn requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.server.lock().unwrap().requests)
    }

    pub fn kinds(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .map(|(request, _)| request[..request.find(' ').unwrap()].to_owned())
            .collect()
    }
}

pub fn said_by_sae(said: &Value) -> Diagnosis {
    let mut diagnosis = json!({"at": "2026-11-30T12:00:30Z", "since": "2026-11-30T11:59:00Z"});
    merge(&mut diagnosis, said);
    serde_json::from_value(diagnosis).unwrap()
}
