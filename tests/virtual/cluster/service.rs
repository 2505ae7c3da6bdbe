//! The API server behind a `kube::Client`.

use std::time::Duration;

use axum::body::Body as Answer;
use http::{Request, Response};
use kube::Client;
use kube::client::retry::RetryPolicy;
use kube::client::{Body, ClientBuilder};
use serde_json::{Value, json};
use tokio::time::sleep;
use tower::BoxError;
use tower::retry::RetryLayer;
use tower::service_fn;
use tower::timeout::TimeoutLayer;

use super::Cluster;
use super::call::{Asked, Call, Verb};
use super::feed::feed;
use super::store::{Name, Refusal, Resource, Store};
use super::trouble::Trouble;
use crate::laws;
use crate::life::Life;

/// How long a call takes there, and how long back.
const WAY: Duration = Duration::from_millis(1);

impl Cluster {
    /// The client of one life of the operator, with the layers that the operator's own has.
    pub fn client(&self, life: &Life) -> Client {
        let (cluster, life) = (self.clone(), life.clone());
        let service = service_fn(move |request: Request<Body>| {
            let (cluster, life) = (cluster.clone(), life.clone());
            async move { life.call(cluster.answer(request)).await }
        });
        ClientBuilder::new(service, super::NAMESPACE)
            .with_layer(&RetryLayer::new(RetryPolicy::server_retry()))
            .with_layer(&TimeoutLayer::new(Duration::from_secs(15)))
            .build()
    }

    async fn answer(&self, request: Request<Body>) -> Result<Response<Answer>, BoxError> {
        let mut asked = Asked::of(&request);
        let bytes = request.into_body().collect_bytes().await?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if asked.verb == Verb::Emit && body["reason"] == "DiagnosisReady" {
            asked.verb = Verb::EmitDiagnosis;
        }
        sleep(WAY).await;
        let name = asked.regards(&body);
        let log = |answer: Option<u16>| {
            self.state().calls.push(Call {
                at: self.clock.now(),
                verb: asked.verb,
                resource: asked.resource,
                name: name.clone(),
                has_list: !body["status"]["instances"].is_null(),
                bytes: bytes.len(),
                answer,
            });
        };
        let _under_way = (asked.verb == Verb::Patch).then(|| UnderWay::begin(self));
        let trouble = self.state().plans.iter_mut().find_map(|plan| plan.strike(asked.verb, &name.1));
        let answer = match trouble {
            Some(Trouble::Answer(code)) => {
                refuse(&Refusal::new(code, "Trouble", "trouble that a test wants"))
            }
            Some(Trouble::Lost) => {
                log(None);
                return Err("the connection broke".into());
            }
            Some(Trouble::Hang) => {
                log(None);
                std::future::pending().await
            }
            Some(Trouble::Slow(duration)) => {
                let answer = self.act(&asked, &name, &body);
                sleep(duration).await;
                answer
            }
            Some(Trouble::Late(duration)) => {
                let (cluster, asked, name, body) = (self.clone(), asked.clone(), name.clone(), body.clone());
                let late = async move {
                    sleep(duration).await;
                    cluster.act(&asked, &name, &body)
                };
                tokio::spawn(late).await?
            }
            Some(Trouble::Unheard | Trouble::Panic) | None => self.act(&asked, &name, &body),
        };
        log(Some(answer.status().as_u16()));
        sleep(WAY).await;
        match trouble {
            Some(Trouble::Unheard) => Err("the connection broke before the answer".into()),
            Some(Trouble::Panic) => panic!("a bug that a test wants"),
            _ => Ok(answer),
        }
    }

    fn act(&self, asked: &Asked, name: &Name, body: &Value) -> Response<Answer> {
        let result = match asked.verb {
            Verb::StreamList => return stream(self, asked, true),
            Verb::Watch => return stream(self, asked, false),
            Verb::List => Ok(page(self.state().store(asked.resource), asked)),
            Verb::Patch | Verb::Diagnose => {
                self.change_in(asked.resource, |store| store.patch_status(name, body))
            }
            Verb::Apply => {
                let now = self.clock.now();
                self.change(|store| store.apply(name, body, now))
            }
            Verb::Emit | Verb::EmitDiagnosis => self.change(|store| store.emit(&name.0, body)),
        };
        if let Ok(watch) = &result
            && matches!(asked.verb, Verb::Patch | Verb::Diagnose)
            && asked.resource == Resource::Watches
        {
            self.state().broken_laws.extend(laws::broken(watch));
        }
        result.map_or_else(|refusal| refuse(&refusal), |object| respond(200, &object))
    }
}

/// A patch that is under way until this is dropped.
struct UnderWay(Cluster);

impl UnderWay {
    fn begin(cluster: &Cluster) -> Self {
        let patches = &mut cluster.state().patches;
        patches.now += 1;
        patches.most = patches.most.max(patches.now);
        Self(cluster.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().patches.now -= 1;
    }
}

impl Asked {
    /// The watch that a call is about.
    fn regards(&self, body: &Value) -> Name {
        let namespace = self.namespace.clone().unwrap_or_default();
        match self.verb {
            Verb::Emit | Verb::EmitDiagnosis => {
                (namespace, body["regarding"]["name"].as_str().unwrap_or_default().to_owned())
            }
            _ => (namespace, self.name.clone()),
        }
    }
}

/// One page of a list. The token is the last object that was listed before; the version is that of the first page,
/// so that nothing that happens between two pages is missed.
fn page(store: &Store, asked: &Asked) -> Value {
    let limit = asked.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let token = asked.parameter("continue").unwrap_or_default();
    let (last, version) = match token.split_once('@') {
        Some((last, version)) => (last, version.parse().unwrap()),
        None => ("", store.version),
    };
    let rest: Vec<&Value> =
        store.list(asked.namespace.as_deref()).filter(|object| place(object).as_str() > last).collect();
    let items: Vec<&Value> = rest.iter().take(limit).copied().collect();
    let token = match items.last() {
        Some(last) if items.len() < rest.len() => format!("{}@{version}", place(last)),
        _ => String::new(),
    };
    json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": format!("{}List", asked.resource.kind()),
        "metadata": {"resourceVersion": version.to_string(), "continue": token},
        "items": items,
    })
}

/// Where an object stands in a list.
fn place(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

fn stream(cluster: &Cluster, asked: &Asked, streams_list: bool) -> Response<Answer> {
    Response::new(Answer::from_stream(feed(cluster, asked, streams_list)))
}

fn refuse(refusal: &Refusal) -> Response<Answer> {
    let Refusal { code, reason, message } = refusal;
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "code": code, "reason": reason, "message": message,
    });
    respond(*code, &status)
}

fn respond(code: u16, body: &Value) -> Response<Answer> {
    Response::builder().status(code).body(Answer::from(body.to_string())).unwrap()
}
