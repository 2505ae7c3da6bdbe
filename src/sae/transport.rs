//! HTTP as far as SAE needs it: one request, one bounded answer, one time limit over both.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Request, Response, Url, redirect, retry};
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{load_certs_from_paths, load_native_certs};

use super::answer::Answer;
use super::environment::Environment;
use super::text::told;

/// The largest body that is read. A page of 100 instances with long messages is some 300 KiB.
const MAX_BODY: usize = 8 << 20;
/// Room for an answer before it has come: 100 instances with long names.
const USUAL_BODY: usize = 128 << 10;
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an unused connection is kept: below the idle time-outs of common load balancers, so that no request
/// is lost on a connection that the other side is just closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// The longest hint to wait that is believed.
const MAX_HINT: Duration = Duration::from_secs(600);
/// How many headers the HTTP client adds: `user-agent`, `accept-encoding` and, where it is left out, `accept`.
const OWN_HEADERS: usize = 3;
/// How requests name their sender.
const USER_AGENT: &str = concat!("saewatch/", env!("CARGO_PKG_VERSION"));

/// The two ways out: through the environment's proxies, and for this machine and its link directly.
#[derive(Clone)]
pub(super) struct Transport {
    remote: Client,
    direct: Client,
}

/// One request, ready to be sent.
pub(super) struct Outgoing<'a> {
    pub method: reqwest::Method,
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
    /// The file of trusted certificates cannot be used.
    #[error("SSL_CERT_FILE={path}: {problem}; expected a file of PEM certificates")]
    CertFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The HTTP client cannot be built.
    #[error("no HTTP client: {0}")]
    Client(String),
}

impl Transport {
    pub(super) fn new(environment: &Environment) -> Result<Self, TransportError> {
        let tls = tls(environment)?;
        let client = |direct: bool| {
            let builder = Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .http1_only()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(IDLE_TIMEOUT)
                .user_agent(USER_AGENT);
            let builder = if direct { builder.no_proxy() } else { builder };
            builder.build().map_err(|error| TransportError::Client(innermost(&error)))
        };
        Ok(Self { remote: client(false)?, direct: client(true)? })
    }

    /// Sends one request and reads its answer. What went wrong is said without URL and without secrets.
    pub(super) async fn send(&self, request: Outgoing<'_>) -> Result<(Answer, HeaderMap), String> {
        let Outgoing { method, url, headers, body, timeout, direct } = request;
        let client = if direct { &self.direct } else { &self.remote };
        let explain = |error: reqwest::Error| explain(&error, timeout);
        let url = Url::parse(url).map_err(|_| "the address to ask is no URL")?;
        let mut request = Request::new(method, url);
        *request.headers_mut() = header_map(headers)?;
        *request.timeout_mut() = Some(timeout);
        *request.body_mut() = body.map(Into::into);
        let mut response = client.execute(request).await.map_err(explain)?;
        let headers = std::mem::take(response.headers_mut());
        let body = read(&mut response).await.map_err(|error| error.map_or_else(too_large, explain))?;
        let answer = Answer {
            status: response.status().as_u16(),
            retry_after: retry_after(&headers),
            request_id: header(&headers, "x-acs-request-id").map(told),
            body,
        };
        Ok((answer, headers))
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients hold the proxies of the environment, whose URLs may hold a password.
        f.write_str("Transport")
    }
}

/// The system's roots, or those of `SSL_CERT_FILE`. The crypto provider is named here and not taken from the
/// process, so that a library user has nothing to install first.
fn tls(environment: &Environment) -> Result<ClientConfig, TransportError> {
    let file = environment.get("SSL_CERT_FILE");
    let found = match &file {
        Some(file) => load_certs_from_paths(Some(Path::new(file)), None),
        None => load_native_certs(),
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if let Some(path) = file.filter(|_| roots.is_empty()) {
        let problem =
            found.errors.first().map_or_else(|| "no certificate in it".to_owned(), ToString::to_string);
        return Err(TransportError::CertFile { path, problem });
    }
    let provider = rustls::crypto::ring::default_provider().into();
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TransportError::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The body, or why not: `None` when it is too large.
async fn read(response: &mut Response) -> Result<Vec<u8>, Option<reqwest::Error>> {
    // What the server says of the length spares growing step by step; it is not believed beyond what is usual.
    let said = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(said.min(USUAL_BODY));
    while let Some(chunk) = response.chunk().await.map_err(Some)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large() -> String {
    format!("the answer is larger than {} MiB", MAX_BODY >> 20)
}

fn header_map(headers: &[(&'static str, &str)]) -> Result<HeaderMap, String> {
    // The HTTP client adds its own.
    let mut map = HeaderMap::with_capacity(headers.len() + OWN_HEADERS);
    for (name, value) in headers {
        let problem = |_| format!("the header {name} cannot be sent: it holds characters that no header may");
        let mut value = HeaderValue::try_from(*value).map_err(problem)?;
        value.set_sensitive(true);
        map.insert(HeaderName::from_static(name), value);
    }
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

fn explain(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        return format!("no answer within {timeout:?}");
    }
    let cause = innermost(error);
    if error.is_connect() { format!("cannot connect: {cause}") } else { format!("no answer: {cause}") }
}

/// The innermost cause: the outer ones name the URL, whose query may hold what belongs in no message.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    told(&cause.to_string())
}
