//! An API server that knows watches and sets as far as the controller of sets asks for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};
use tower::service_fn;

/// How long a request takes.
const LATENCY: Duration = Duration::from_millis(120);

/// The API server. Clones are the same one.
#[derive(Clone, Default)]
pub struct Cluster(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    /// The watches by their names.
    pub watches: BTreeMap<String, Value>,
    /// The sets by their names.
    pub sets: BTreeMap<String, Value>,
    /// When a watch was applied, and which.
    pub applies: Vec<(Instant, String)>,
    /// The reasons of events.
    pub events: Vec<String>,
    /// What the API server answers to applies of these watches.
    pub refused: BTreeMap<String, u16>,
    /// Whether a webhook changes the labels of each watch.
    pub has_webhook: bool,
    version: u64,
}

impl Cluster {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub fn client(&self) -> kube::Client {
        let cluster = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let cluster = cluster.clone();
            async move {
                sleep(LATENCY).await;
                let (parts, body) = request.into_parts();
                let body: Value =
                    serde_json::from_slice(&body.collect_bytes().await.unwrap()).unwrap_or_default();
                let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
                let (code, answer) = cluster.state().answer(&parts.method, path, query, body);
                let response = Response::builder().status(StatusCode::from_u16(code).unwrap());
                Ok::<_, std::io::Error>(response.body(Body::from(answer.to_string().into_bytes())).unwrap())
            }
        });
        kube::Client::new(service, "default")
    }

    /// Puts a set there as its team declares it.
    pub fn declare(&self, name: &str, spec: &Value) -> Value {
        let mut state = self.state();
        let version = state.next_version();
        let known = state.sets.get(name).cloned();
        let generation = known.as_ref().map_or(0, |set| set["metadata"]["generation"].as_i64().unwrap()) + 1;
        let metadata = json!({
            "name": name, "namespace": "team-a", "uid": format!("uid-of-{name}"), "generation": generation,
            "resourceVersion": version.to_string(), "creationTimestamp": "2027-01-01T00:00:00Z",
        });
        let status = known.map(|set| set["status"].clone()).unwrap_or_default();
        let set = json!({"metadata": metadata, "spec": spec, "status": status});
        state.sets.insert(name.to_owned(), set.clone());
        set
    }

    /// Puts a watch there that another client made.
    pub fn watch(&self, name: &str, labels: &Value) -> Value {
        let mut state = self.state();
        let version = state.next_version();
        let metadata = json!({
            "name": name, "namespace": "team-a", "uid": format!("by-hand-{version}"), "labels": labels,
            "resourceVersion": version.to_string(),
        });
        let watch = json!({"metadata": metadata, "spec": {"appId": "other"}});
        state.watches.insert(name.to_owned(), watch.clone());
        watch
    }

    pub fn status(&self, set: &str) -> Value {
        self.state().sets[set]["status"].clone()
    }

    /// The names that were applied, in their order.
    pub fn applied(&self) -> Vec<String> {
        self.state().applies.iter().map(|(_, name)| name.clone()).collect()
    }
}

impl State {
    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn answer(&mut self, method: &Method, path: &str, query: &str, body: Value) -> (u16, Value) {
        let rest = path.rsplit('/').next().unwrap().to_owned();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, &segments[5..]) {
            (&Method::POST, ["events"]) => {
                self.events.push(body["reason"].as_str().unwrap().to_owned());
                (201, body)
            }
            (&Method::GET, ["saeappwatches"]) => {
                let name = query.split("metadata.name%3D").nth(1).unwrap().split('&').next().unwrap();
                let found: Vec<_> = self.watches.get(name).into_iter().collect();
                (200, json!({"metadata": {}, "items": found}))
            }
            (&Method::PATCH, ["saeappwatches", _]) => {
                assert!(
                    query.contains("fieldManager=saewatch-set") && query.contains("force=true"),
                    "{query}"
                );
                self.apply(rest, body)
            }
            (&Method::PATCH, ["saeappwatchsets", set, "status"]) => self.patch_status(set, &body),
            // A delete above all.
            _ => panic!("{method} {path} is not a request of the controller of sets"),
        }
    }

    fn apply(&mut self, name: String, mut manifest: Value) -> (u16, Value) {
        self.applies.push((Instant::now(), name.clone()));
        if let Some(code) = self.refused.get(&name) {
            return refusal(*code, "a policy says no");
        }
        let version = self.next_version();
        let wanted = manifest["metadata"]["uid"].clone();
        let uid = self.watches.get(&name).map(|watch| watch["metadata"]["uid"].clone());
        if !wanted.is_null() && Some(&wanted) != uid.as_ref() {
            let (code, mut status) = if uid.is_none() {
                refusal(409, "uid mismatch: no existing object was found")
            } else {
                refusal(422, "metadata.uid: Invalid value: field is immutable")
            };
            status["details"] =
                json!({"causes": [{"reason": "FieldValueInvalid", "field": "metadata.uid", "message": "x"}]});
            return (code, status);
        }
        let metadata = &mut manifest["metadata"];
        metadata["uid"] = uid.unwrap_or_else(|| json!(format!("w-{version}")));
        metadata["resourceVersion"] = json!(version.to_string());
        if self.has_webhook {
            metadata["labels"]["team"] = json!("changed");
        }
        self.watches.insert(name, manifest.clone());
        (200, manifest)
    }

    fn patch_status(&mut self, set: &str, patch: &Value) -> (u16, Value) {
        let version = self.next_version();
        let set = self.sets.get_mut(set).unwrap();
        if set["metadata"]["resourceVersion"] != patch["metadata"]["resourceVersion"] {
            return refusal(409, "the object has been modified");
        }
        for (field, value) in patch["status"].as_object().unwrap() {
            if value.is_null() {
                set["status"].as_object_mut().unwrap().remove(field);
            } else {
                set["status"][field] = value.clone();
            }
        }
        set["metadata"]["resourceVersion"] = json!(version.to_string());
        (200, set.clone())
    }
}

fn refusal(code: u16, message: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": "", "code": code});
    (code, status)
}
