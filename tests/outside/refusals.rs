//! An API server that refuses every third write, in turns without an effect and after it: the walk shows what it
//! always shows, and every event was told once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use kube::Client;
use serde_json::json;

use crate::kills::in_order;
use crate::support::{Operator, cluster};
use crate::walk::{BEFORE, STEPS, Step, Walk};

/// A server in front of the API server.
#[derive(Clone)]
struct Gate {
    client: Client,
    writes: Arc<AtomicUsize>,
}

impl Gate {
    /// Opens it on a port of its own.
    async fn open() -> (Self, SocketAddr) {
        let gate = Self { client: cluster().await.client(), writes: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(pass).with_state(gate.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (gate, address)
    }

    async fn forward(&self, request: Request) -> Response {
        let (mut head, body) = request.into_parts();
        head.headers.remove(http::header::HOST);
        let body = to_bytes(body, 1 << 20).await.unwrap().to_vec();
        let answer = self.client.send(http::Request::from_parts(head, body.into())).await.unwrap();
        answer.map(Body::new)
    }
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    let is_write = [Method::PATCH, Method::POST].contains(request.method());
    let number = if is_write { gate.writes.fetch_add(1, Ordering::Relaxed) + 1 } else { 1 };
    if !number.is_multiple_of(3) {
        return gate.forward(request).await;
    }
    if number.is_multiple_of(2) {
        gate.forward(request).await;
    }
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// A kubeconfig of the API server behind the gate.
fn kubeconfig(address: SocketAddr) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("gate.kubeconfig");
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "gate",
        "clusters": [{"name": "gate", "cluster": {"server": format!("http://{address}")}}],
        "contexts": [{"name": "gate", "context": {"cluster": "gate", "user": "gate"}}],
        "users": [{"name": "gate", "user": {}}],
    });
    std::fs::write(&file, config.to_string()).unwrap();
    file
}

#[tokio::test]
async fn an_api_server_that_refuses_every_third_write_changes_nothing_and_loses_and_doubles_no_event() {
    let (gate, address) = Gate::open().await;
    let mut walk = Walk::begin().await;
    let mut command = walk.world.command();
    command.env("KUBECONFIG", kubeconfig(address));
    let _operator = Operator::start(command);
    walk.until_observed().await;
    for title in BEFORE {
        walk.see(title).await;
    }
    for Step { title, happen } in STEPS {
        happen(&mut walk);
        walk.ask().await;
        walk.settle().await;
        let (picture, golden) = walk.see(title).await;
        let golden = std::fs::read_to_string(golden).unwrap();
        assert_eq!(in_order(&golden), in_order(&picture), "{title}");
    }
    let writes = gate.writes.load(Ordering::Relaxed);
    assert!(writes > 40, "{writes} writes are no walk");
}
