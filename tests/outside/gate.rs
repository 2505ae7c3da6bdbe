//! A server in front of the API server. It sees every write, and may refuse it or keep it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use kube::Client;
use serde_json::json;

use crate::support::cluster;

/// What becomes of a write.
#[derive(Debug, Clone, Copy)]
pub enum Passage {
    Pass,
    RefuseWithoutEffect,
    RefuseAfterEffect,
    /// It neither has an effect nor is it ever answered.
    Keep,
}

/// Says what becomes of a write, by its number, counted from 1, and its path and query.
type Rule = dyn Fn(usize, &str) -> Passage + Send + Sync;

/// The open gate.
#[derive(Clone)]
pub struct Gate {
    client: Client,
    address: SocketAddr,
    rule: Arc<Rule>,
    writes: Arc<Mutex<Vec<String>>>,
}

impl Gate {
    /// Opens it on a port of its own.
    pub async fn open(rule: impl Fn(usize, &str) -> Passage + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Self {
            client: cluster().await.client(),
            address: listener.local_addr().unwrap(),
            rule: Arc::new(rule),
            writes: Arc::default(),
        };
        let router = Router::new().fallback(pass).with_state(gate.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gate
    }

    /// The path and query of each write so far, those that were refused or kept too.
    pub fn writes(&self) -> Vec<String> {
        self.writes.lock().unwrap().clone()
    }

    /// A kubeconfig of the API server behind the gate.
    pub fn kubeconfig(&self) -> PathBuf {
        let name = format!("gate-{}.kubeconfig", self.address.port());
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "gate",
            "clusters": [{"name": "gate", "cluster": {"server": format!("http://{}", self.address)}}],
            "contexts": [{"name": "gate", "context": {"cluster": "gate", "user": "gate"}}],
            "users": [{"name": "gate", "user": {}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        file
    }

    async fn forward(&self, request: Request) -> Response {
        let (mut head, body) = request.into_parts();
        head.headers.remove(http::header::HOST);
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        let answer = self.client.send(http::Request::from_parts(head, body.into())).await.unwrap();
        answer.map(Body::new)
    }

    fn passage(&self, request: &Request) -> Passage {
        if ![Method::PATCH, Method::POST].contains(request.method()) {
            return Passage::Pass;
        }
        let write = request.uri().to_string();
        let mut writes = self.writes.lock().unwrap();
        writes.push(write.clone());
        (self.rule)(writes.len(), &write)
    }
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    match gate.passage(&request) {
        Passage::Pass => return gate.forward(request).await,
        Passage::RefuseWithoutEffect => {}
        Passage::RefuseAfterEffect => drop(gate.forward(request).await),
        Passage::Keep => std::future::pending().await,
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
