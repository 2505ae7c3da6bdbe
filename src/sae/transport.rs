//! HTTP as far as SAE needs it: one request, one bounded answer, one time limit over both.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::answer::Answer;
use super::text::bounded;
use crate::net::{Connector, Environment, InvalidProxy, Proxies, TrustError, describe, tls};

/// The largest body that is read. A page of 100 instances with long messages is some 300 KiB.
const MAX_BODY: usize = 8 << 20;
/// How long an unused connection is kept: below the idle time-outs of common load balancers, so that no request
/// is lost on a connection that the other side is just closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest hint to wait that is believed.
const MAX_HINT: Duration = Duration::from_secs(600);
/// The one compression that is understood.
const GZIP: &str = "gzip";
/// How requests name their sender.
const SENDER: &str = concat!("saewatch/", env!("CARGO_PKG_VERSION"));

type HttpClient = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// The two ways out: through the environment's proxies, and for this machine and its link directly.
#[derive(Clone)]
pub(super) struct Transport {
    remote: HttpClient,
    direct: HttpClient,
}

/// One request, ready to be sent.
pub(super) struct Outgoing<'a> {
    pub method: Method,
    pub url: &'a str,
    /// Names in lower case.
    pub headers: &'a [(&'static str, &'a str)],
    pub body: Option<String>,
    pub timeout: Duration,
    /// Without a proxy, for this machine and its link.
    pub direct: bool,
}

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No certificate authority can be trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A variable of the environment names a proxy and cannot be read.
    #[error(transparent)]
    Proxy(#[from] InvalidProxy),
}

impl Transport {
    pub(super) fn new(environment: &Environment) -> Result<Self, TransportError> {
        let tls = Arc::new(tls(environment)?);
        let remote = client(Proxies::new(environment)?, tls.clone());
        Ok(Self { remote, direct: client(Proxies::none(), tls) })
    }

    /// Sends one request and reads its answer. What went wrong is said without URL and without secrets.
    pub(super) async fn send(&self, request: Outgoing<'_>) -> Result<(Answer, HeaderMap), String> {
        let timeout = request.timeout;
        let exchange = tokio::time::timeout(timeout, self.exchange(request)).await;
        exchange.unwrap_or_else(|_| Err(format!("no answer within {timeout:?}")))
    }

    async fn exchange(&self, request: Outgoing<'_>) -> Result<(Answer, HeaderMap), String> {
        let Outgoing { method, url, headers, body, timeout: _, direct } = request;
        let client = if direct { &self.direct } else { &self.remote };
        let mut request = Request::new(Full::from(body.unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().map_err(|_| "the address to ask is no URL")?;
        *request.headers_mut() = header_map(headers)?;
        let response = client.request(request).await.map_err(|error| {
            let cause = describe(&error);
            if error.is_connect() {
                format!("cannot connect: {cause}")
            } else {
                format!("no answer: {cause}")
            }
        })?;
        let (head, body) = response.into_parts();
        let (headers, body) = (head.headers, read(body).await?);
        let answer = Answer {
            status: head.status.as_u16(),
            retry_after: retry_after(&headers),
            request_id: header(&headers, "x-acs-request-id").map(bounded),
            body: if is_compressed(&headers) { decompress(&body)? } else { body },
        };
        Ok((answer, headers))
    }
}

fn client(proxies: Proxies, tls: Arc<ClientConfig>) -> HttpClient {
    let connector = HttpsConnector::from((Connector::new(proxies, tls.clone()), tls));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients hold the proxies of the environment, whose URLs may hold a password.
        f.write_str("Transport")
    }
}

/// The body, or why not.
async fn read(body: Incoming) -> Result<Vec<u8>, String> {
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { too_large() } else { format!("no answer: {}", describe(&*error)) }
    })?;
    Ok(body.to_bytes().into())
}

fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == GZIP)
}

/// A compressed body as it was before, within the same bound.
fn decompress(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    let mut decoder = GzDecoder::new(body).take(MAX_BODY as u64 + 1);
    decoder.read_to_end(&mut plain).map_err(|_| "no answer: its compressed body is broken")?;
    if plain.len() > MAX_BODY { Err(too_large()) } else { Ok(plain) }
}

fn too_large() -> String {
    format!("the answer is larger than {} MiB", MAX_BODY >> 20)
}

fn header_map(headers: &[(&'static str, &str)]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let problem = |_| format!("the header {name} cannot be sent: it holds characters that no header may");
        let mut value = HeaderValue::try_from(*value).map_err(problem)?;
        value.set_sensitive(true);
        map.insert(HeaderName::from_static(name), value);
    }
    map.insert(USER_AGENT, HeaderValue::from_static(SENDER));
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static(GZIP));
    map.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(map)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// How long to wait: `x-acs-retry-after` counts milliseconds, the standard header seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| header(headers, name).and_then(|text| text.trim().parse().ok()).filter(|n| *n > 0);
    let hints = [
        number("x-acs-retry-after").map(Duration::from_millis),
        number("retry-after").map(Duration::from_secs),
    ];
    hints.into_iter().flatten().max().map(|hint| hint.min(MAX_HINT))
}
