//! The wire: connections, requests read whole, answers delivered, also badly where a fault says so.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Content, Delivery};
use crate::control;
use crate::request::Request;
use crate::world::Shared;

/// How the body of an answer ends early.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}

type Response = hyper::Response<BoxBody<Bytes, Cut>>;

/// Serves until stopped; open connections end with the runtime that runs this.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    world: Shared,
    stop: CancellationToken,
) {
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => drop(tokio::spawn(serve_connection(stream, tls.clone(), world.clone()))),
            // Out of file descriptors, most likely: give others time to close theirs.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, tls: Option<TlsAcceptor>, world: Shared) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => {
            if let Some(stream) = speak(stream, world).await {
                let _ = stream.set_zero_linger();
            }
        }
        Some(tls) => {
            // A client that does not trust the authority ends here; that is its affair.
            let Ok(stream) = tls.accept(stream).await else { return };
            if let Some(stream) = speak(stream, world).await {
                let _ = stream.get_ref().0.set_zero_linger();
            }
        }
    }
}

/// Answers the requests of one connection. Gives the stream back if it is to be reset.
async fn speak<S>(stream: S, world: Shared) -> Option<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| respond(request, world.clone(), reset.clone()));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let _ = (&mut connection).await;
    reset.load(Ordering::Relaxed).then(|| connection.into_parts().io.into_inner())
}

fn respond(
    request: hyper::Request<Incoming>,
    world: Shared,
    reset: Arc<AtomicBool>,
) -> impl Future<Output = Result<Response, Cut>> {
    Box::pin(async move {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let request = Request::new(&head, body);
        let answer = match control::endpoint(&request.path) {
            Some(endpoint) => control::answer(&world, endpoint, &request),
            None => world.lock().answer(&request),
        };
        tokio::time::sleep(answer.delay).await;
        if answer.delivery == Delivery::Reset {
            reset.store(true, Ordering::Relaxed);
            return Err(Cut);
        }
        Ok(deliver(answer))
    })
}

fn deliver(answer: Answer) -> Response {
    let Answer { status, headers, content, delay: _, delivery } = answer;
    let (kind, body) = match content {
        Content::Json(value) => ("application/json;charset=utf-8".to_owned(), Bytes::from(value.to_string())),
        Content::Text { kind, text } => (kind, Bytes::from(text)),
    };
    let mut response = hyper::Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("content-length", body.len());
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let response = response.body(match delivery {
        Delivery::Whole | Delivery::Reset => {
            Full::new(body).map_err(|never: Infallible| match never {}).boxed()
        }
        Delivery::Half => half(&body),
        Delivery::Drip(every) => drip(body, every),
    });
    // A fault with an impossible status or header: say so instead of hiding it.
    response.unwrap_or_else(|error| {
        let text = Full::new(Bytes::from(format!("this answer cannot be sent: {error}")));
        hyper::Response::new(text.map_err(|never: Infallible| match never {}).boxed())
    })
}

fn half(body: &Bytes) -> BoxBody<Bytes, Cut> {
    let (mut sender, channel) = Channel::new(1);
    let first = body.slice(..body.len() / 2);
    tokio::spawn(async move {
        let _ = sender.send_data(first).await;
        // Long enough that the half is on the wire before the connection ends.
        tokio::time::sleep(Duration::from_millis(20)).await;
        sender.abort(Cut);
    });
    channel.boxed()
}

fn drip(body: Bytes, every: Duration) -> BoxBody<Bytes, Cut> {
    let (mut sender, channel) = Channel::new(1);
    tokio::spawn(async move {
        for at in 0..body.len() {
            if sender.send_data(body.slice(at..=at)).await.is_err() {
                return;
            }
            // A timer takes a millisecond even for nothing.
            if every.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(every).await;
            }
        }
    });
    channel.boxed()
}
