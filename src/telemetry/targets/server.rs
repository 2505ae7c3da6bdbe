//! The server of `/sd`, on a listener of its own: a client that may scrape the operator need not see every instance.
//!
//! Each connection carries one response. hyper does not poll a body whose client does not read, so the time that a response
//! may take is that of its connection.

use std::convert::Infallible;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use futures::stream;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::groups::SEPARATOR;
use super::query::Query;
use super::{CurrentTargets, Piece, Targets};
use crate::telemetry::readiness::{Phase, Readiness};

/// How many responses may be written at a time.
const RESPONSES: usize = 4;
/// How long reading a request and writing its response may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted: most often the process has no file left, which no retry mends.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves the targets. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    targets: CurrentTargets,
    readiness: Readiness,
    permits: Arc<Semaphore>,
}

/// What a request is answered.
#[derive(Debug)]
enum Answer {
    /// The targets that it asks for, of this table.
    Targets(Arc<Targets>, Query, OwnedSemaphorePermit),
    /// Why there are none, as a sentence.
    Refusal(StatusCode, String),
}

impl Server {
    /// Serves these targets, once the operator is ready.
    pub(crate) fn new(targets: CurrentTargets, readiness: Readiness) -> Self {
        Self { targets, readiness, permits: Arc::new(Semaphore::new(RESPONSES)) }
    }

    /// Serves until `stop` is cancelled.
    pub(crate) async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        // Dropped with this future, and the connections with it.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => match accepted {
                    Ok((connection, _)) => drop(connections.spawn(self.clone().serve_one(connection))),
                    Err(error) => {
                        tracing::warn!(%error, "a connection to --http-sd-addr cannot be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Serves one request.
    async fn serve_one(self, connection: TcpStream) {
        // Held until the connection ends: what hyper has taken of a response is in memory until it is written.
        let permit = Mutex::new(None);
        let service = service_fn(|request: Request<_>| {
            let answer = self.answer(request.method(), request.uri().path(), request.uri().query());
            let response = answer.respond(&permit);
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let served =
            http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(connection), service);
        // A client that went away is no event, and one that is too slow has its time.
        let _ = timeout(TIMEOUT, served).await;
    }

    fn answer(&self, method: &Method, path: &str, query: Option<&str>) -> Answer {
        let refuse = |status, sentence: &str| Answer::Refusal(status, sentence.to_owned());
        if path != "/sd" {
            return refuse(StatusCode::NOT_FOUND, "there is only /sd here");
        }
        if method != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "/sd can only be read with GET");
        }
        let query = match Query::parse(query.unwrap_or_default()) {
            Ok(query) => query,
            Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        // The table first: one that begins after this is empty, and the phase would be that of its list.
        let targets = self.targets.get();
        let phase = self.readiness.phase();
        let Some(targets) = targets.filter(|_| phase == Phase::Working) else {
            let why = if phase == Phase::StandingBy { phase } else { Phase::Listing };
            return refuse(StatusCode::SERVICE_UNAVAILABLE, why.as_str());
        };
        match self.permits.clone().try_acquire_owned() {
            Ok(permit) => Answer::Targets(targets, query, permit),
            Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, "as many responses are under way as may be"),
        }
    }
}

impl Answer {
    /// The response; a permit goes into `permit`.
    fn respond(self, permit: &Mutex<Option<OwnedSemaphorePermit>>) -> Response<Body> {
        match self {
            Self::Targets(targets, query, taken) => {
                *permit.lock().unwrap_or_else(PoisonError::into_inner) = Some(taken);
                let pieces = pieces(targets, query, Timestamp::now()).map(Ok::<_, Infallible>);
                let body = Body::from_stream(stream::iter(pieces));
                response(StatusCode::OK, "application/json", body)
            }
            Self::Refusal(status, sentence) => {
                let body = Body::from(format!("{sentence}\n"));
                let mut response = response(status, "text/plain; charset=utf-8", body);
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
                }
                response
            }
        }
    }
}

fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The text of a response. Each piece is made when the client has taken the one before, so that a response is never in
/// memory as a whole.
pub(super) fn pieces(
    targets: Arc<Targets>,
    query: Query,
    now: Timestamp,
) -> impl Iterator<Item = String> + Send + 'static {
    // The watch that the next piece follows; at the begin none.
    let mut next = Some(None);
    let mut is_first = true;
    let groups = iter::from_fn(move || {
        let Piece { mut text, last } = targets.piece(next.take()?, &query, now);
        next = last.map(Some);
        if !text.is_empty() && std::mem::take(&mut is_first) {
            text.drain(..SEPARATOR.len());
        }
        Some(text)
    });
    iter::once("[".to_owned()).chain(groups).chain([String::from("]\n")])
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
