//! The way to the API server.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt as _;
use kube::client::retry::RetryPolicy;
use kube::{Client, Config};
use tower::retry::RetryLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::{BoxError, ServiceBuilder};

use super::cause::describe;
use super::kubeconfig;
use crate::net::{Connector, Environment, InvalidProxy, Proxies, TrustError, tls};

/// How long one request may take until its answer begins, retries included. It does not cut watches. Without it
/// a half-open connection would hold a reconcile for ever, since kube 5 has no read timeout of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Why there is no way to the API server. Each text holds the whole cause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Neither a kubeconfig nor a ServiceAccount says where it is.
    #[error(
        "no cluster is configured: set KUBECONFIG, or run in a pod with a ServiceAccount (kubeconfig: {kubeconfig}; \
         pod: {in_cluster})"
    )]
    NotConfigured {
        /// Why not by a kubeconfig.
        kubeconfig: String,
        /// Why not by a ServiceAccount.
        in_cluster: String,
    },
    /// The context that was asked for cannot be found.
    #[error("no cluster by the context {context:?}: {problem}")]
    NoContext {
        /// Its name.
        context: String,
        /// What is wrong with the kubeconfig.
        problem: String,
    },
    /// What the configuration says cannot be used.
    #[error("the cluster's configuration cannot be used: {0}")]
    Unusable(String),
    /// What is to be the way there is no proxy.
    #[error(transparent)]
    Proxy(#[from] InvalidProxy),
    /// No certificate authority can be trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// A request that the API server did not answer. It stands at the end of each chain of errors, so that a
/// message made of the innermost cause names the address too.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be reached: {cause}")]
struct Unreachable {
    address: Arc<str>,
    cause: String,
}

/// Where the API server is, and through which proxies.
struct Way {
    config: Config,
    proxies: Proxies,
}

/// The client of this process, from a context of the kubeconfig, else from `KUBECONFIG` or the pod's ServiceAccount.
///
/// # Errors
/// When there is no configuration or it cannot be used. An API server that does not answer is no error here: who
/// asks it will see, and try again.
pub(crate) async fn connect(context: Option<&str>) -> Result<Client, Error> {
    let environment = Environment::process();
    let tls = Arc::new(tls(&environment)?);
    let Way { mut config, proxies } = way(context, &environment).await?;
    config
        .headers
        .push((USER_AGENT, HeaderValue::from_static(concat!("saewatch/", env!("CARGO_PKG_VERSION")))));
    client(&config, Connector::new(proxies, tls)).map_err(|error| Error::Unusable(describe(&error)))
}

async fn way(context: Option<&str>, environment: &Environment) -> Result<Way, Error> {
    match (kubeconfig::read(context).await, context) {
        (Ok((config, proxy)), _) => {
            let proxies = match proxy {
                Some(proxy) => Proxies::always(proxy),
                None => Proxies::new(environment)?,
            };
            Ok(Way { config, proxies })
        }
        (Err(kubeconfig::Error::Proxy(problem)), _) => Err(problem.into()),
        (Err(problem), Some(context)) => {
            Err(Error::NoContext { context: context.to_owned(), problem: problem.to_string() })
        }
        // The proxies of a pod are for SAE; the API server is next door (the chart's values say so).
        (Err(problem), None) => match Config::incluster() {
            Ok(config) => Ok(Way { config, proxies: Proxies::none() }),
            Err(in_cluster) => Err(Error::NotConfigured {
                kubeconfig: problem.to_string(),
                in_cluster: describe(&in_cluster),
            }),
        },
    }
}

/// The layers that kube builds by itself, around a connection of ours.
fn client(config: &Config, connector: Connector) -> Result<Client, kube::Error> {
    let connector = config.rustls_https_connector_with_connector(connector)?;
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
    let address: Arc<str> = config.cluster_url.to_string().trim_end_matches('/').into();
    let service = ServiceBuilder::new()
        .map_err(move |error: BoxError| unreachable(&address, error))
        .layer(TimeoutLayer::new(REQUEST_TIMEOUT))
        .layer(config.base_uri_layer())
        .option_layer(config.default_retry.then(|| RetryLayer::new(RetryPolicy::server_retry())))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// A failure below kube. One of kube itself, of a credential plugin for instance, is passed on as it is.
fn unreachable(address: &Arc<str>, error: BoxError) -> BoxError {
    if error.is::<kube::Error>() {
        return error;
    }
    let is_late = error.is::<Elapsed>();
    let cause = if is_late { format!("no answer within {REQUEST_TIMEOUT:?}") } else { describe(&*error) };
    Unreachable { address: address.clone(), cause }.into()
}
