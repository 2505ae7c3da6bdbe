//! Opens connections: directly, or through the proxy that leads to a host.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::{BoxError, Service, service_fn};

use super::proxy::Protocol;
use super::{Proxies, Proxy, describe, tunnel};

/// How long a connection may take to come about, its way through a proxy included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A connection, in the clear as far as its end is concerned; towards a proxy it may be within TLS.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections to hosts. TLS towards them is added on top.
///
/// Plain HTTP goes through a tunnel too, so that no caller has to know of proxies.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    proxies: Arc<Proxies>,
    tcp: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
}

/// Why there is no connection. Each text holds the whole cause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Nothing answers.
    #[error("no connection within {TIMEOUT:?}")]
    TimedOut,
    /// The host cannot be reached.
    #[error("{0}")]
    Host(String),
    /// The proxy cannot be reached.
    #[error("the proxy {0} cannot be reached: {1}")]
    Proxy(Proxy, String),
    /// The proxy answers within no time.
    #[error("the proxy {0} does not answer within {TIMEOUT:?}")]
    SlowProxy(Proxy),
    /// The proxy does not lead on.
    #[error("the proxy {0} does not lead to {1}: it {2}")]
    Tunnel(Proxy, String, String),
}

impl Connector {
    /// A connector by way of these proxies. With `tls` it speaks to proxies that want TLS themselves.
    pub(crate) fn new(proxies: Proxies, tls: Arc<ClientConfig>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self { proxies: Arc::new(proxies), to_proxy: (tcp.clone(), tls).into(), tcp }
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        // Each of the two below is ready at any time.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        match self.proxies.to(&to).cloned() {
            None => Box::pin(connect(self.tcp.clone(), to)),
            Some(proxy) => Box::pin(connect_through(self.to_proxy.clone(), proxy, to)),
        }
    }
}

async fn connect(mut tcp: HttpConnector, to: Uri) -> Result<Stream, ConnectError> {
    let stream = tokio::time::timeout(TIMEOUT, tcp.call(to)).await.map_err(|_| ConnectError::TimedOut)?;
    stream.map(MaybeHttpsStream::Http).map_err(|error| ConnectError::Host(describe(&error)))
}

async fn connect_through(
    mut to_proxy: HttpsConnector<HttpConnector>,
    proxy: Proxy,
    to: Uri,
) -> Result<Stream, ConnectError> {
    let opened = async {
        let stream = to_proxy.call(proxy.uri().clone()).await;
        let stream =
            stream.map_err(|error: BoxError| ConnectError::Proxy(proxy.clone(), describe(&*error)))?;
        let target = target(&to);
        let led = match proxy.protocol() {
            Protocol::Connect => connect_by_http(stream, &proxy, &target).await,
            Protocol::Socks5 => connect_by_socks(stream, &proxy, &target).await,
        };
        led.map_err(|problem| ConnectError::Tunnel(proxy.clone(), target, problem))
    };
    let opened = tokio::time::timeout(TIMEOUT, opened).await;
    opened.unwrap_or_else(|_| Err(ConnectError::SlowProxy(proxy.clone())))
}

async fn connect_by_http(stream: Stream, proxy: &Proxy, target: &str) -> Result<Stream, String> {
    let mut stream = TokioIo::new(stream);
    let opened = tunnel::open(&mut stream, target, proxy.authorization().as_ref()).await;
    opened.map(|()| stream.into_inner()).map_err(|problem| problem.to_string())
}

async fn connect_by_socks(stream: Stream, proxy: &Proxy, target: &str) -> Result<Stream, String> {
    let target: Uri = target.parse().map_err(|_| "cannot be told that name".to_owned())?;
    // The handshake wants to open the connection itself; there is one already.
    let mut stream = Some(stream);
    let opened = service_fn(move |_: Uri| {
        let stream = stream.take().ok_or(std::io::ErrorKind::NotConnected);
        std::future::ready(stream.map_err(std::io::Error::from))
    });
    let mut socks = SocksV5::new(proxy.uri().clone(), opened);
    if let Some((name, password)) = proxy.user() {
        socks = socks.with_auth(name.to_owned(), password.to_owned());
    }
    socks.call(target).await.map_err(|error| format!("said: {error}"))
}

/// Host and port of a URI, as they are given to a proxy.
fn target(uri: &Uri) -> String {
    let port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_told_the_port_too() {
        for (uri, expected) in [
            ("https://sae.example.com/x", "sae.example.com:443"),
            ("http://kube.example.com/", "kube.example.com:80"),
            ("https://[fd00::1]:6443/", "[fd00::1]:6443"),
        ] {
            assert_eq!(target(&uri.parse().unwrap()), expected);
        }
    }
}
