//! The way to the API server.

use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, KubeconfigError};
use kube::{Client, Config};
use tower::timeout::TimeoutLayer;

use super::kubeconfig;

/// How long one request may take until its answer begins, retries included. It does not cut watches. Without it
/// a half-open connection would hold a reconcile for ever, since kube 5 has no read timeout of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Why there is no way to the API server. Each text holds the whole cause: kube's own do, and a chain of them would
/// say everything three times.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a kubeconfig nor a ServiceAccount says where it is.
    #[error(
        "no cluster is configured: set KUBECONFIG, or run in a pod with a ServiceAccount (kubeconfig: {kubeconfig}; \
         pod: {pod})"
    )]
    NotConfigured {
        /// Why the kubeconfig does not say it.
        kubeconfig: KubeconfigError,
        /// Why a ServiceAccount does not.
        pod: kube::config::InClusterError,
    },
    /// The context that was asked for cannot be found.
    #[error("no cluster by the context {context:?}: {problem}")]
    NoContext {
        /// Its name.
        context: String,
        /// What is wrong with the kubeconfig.
        problem: KubeconfigError,
    },
    /// What the configuration says cannot be used.
    #[error("the cluster's configuration cannot be used: {0}")]
    Unusable(kube::Error),
}

/// The client of this process, from a context of the kubeconfig, else from `KUBECONFIG` or the pod's ServiceAccount.
///
/// # Errors
/// When there is no configuration or it cannot be used. An API server that does not answer is no error here: who
/// asks it will see, and try again.
pub async fn connect(context: Option<&str>) -> Result<Client, Error> {
    let mut config = match context {
        None => infer().await?,
        Some(context) => in_context(context).await?,
    };
    config
        .headers
        .push((USER_AGENT, HeaderValue::from_static(concat!("saewatch/", env!("CARGO_PKG_VERSION")))));
    let builder = ClientBuilder::try_from(config).map_err(Error::Unusable)?;
    Ok(builder.with_layer(&TimeoutLayer::new(REQUEST_TIMEOUT)).build())
}

/// As kube infers it, but from the files that kubectl would read.
async fn infer() -> Result<Config, Error> {
    match from_kubeconfig(KubeConfigOptions::default()).await {
        Ok(config) => Ok(config),
        Err(kubeconfig) => Config::incluster().map_err(|pod| Error::NotConfigured { kubeconfig, pod }),
    }
}

async fn in_context(context: &str) -> Result<Config, Error> {
    let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
    let config = from_kubeconfig(options).await;
    config.map_err(|problem| Error::NoContext { context: context.to_owned(), problem })
}

async fn from_kubeconfig(options: KubeConfigOptions) -> Result<Config, KubeconfigError> {
    Config::from_custom_kubeconfig(kubeconfig::read()?, &options).await
}
