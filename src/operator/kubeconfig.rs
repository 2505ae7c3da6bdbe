//! The kubeconfig: which cluster, and through which proxy.
//!
//! kube reads the file; what it makes of proxies is not what kubectl makes of them. There `proxy-url` counts always,
//! and without it the variables of the environment, `NO_PROXY` among them.

use kube::Config;
use kube::config::{Cluster, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::cause::describe;
use crate::net::{InvalidProxy, Proxy};

/// Why no cluster was found in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    Proxy(#[from] InvalidProxy),
}

/// The cluster of a context, else of the current one, and the proxy that its `proxy-url` names.
pub(super) async fn read(context: Option<&str>) -> Result<(Config, Option<Proxy>), Error> {
    let mut kubeconfig = Kubeconfig::read()?;
    let cluster = cluster_of(&mut kubeconfig, context).cloned().unwrap_or_default();
    let proxy = cluster.proxy_url.filter(|url| !url.is_empty());
    let proxy = proxy.map(|url| Proxy::read("proxy-url in the kubeconfig", &url)).transpose()?;

    // kube would take it, or HTTPS_PROXY, for a proxy of its own.
    if let Some(cluster) = cluster_of(&mut kubeconfig, context) {
        cluster.proxy_url = Some(NOT_FOR_KUBE.to_owned());
    }
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    config.proxy_url = None;
    // Read again once a minute, like the one of a ServiceAccount.
    if cluster.certificate_authority_data.is_none() {
        config.root_cert_file = cluster.certificate_authority.map(Into::into);
    }
    Ok((config, proxy))
}

/// What stands in the place of each proxy, so that kube reads no variable.
const NOT_FOR_KUBE: &str = "http://proxy.invalid";

fn cluster_of<'a>(kubeconfig: &'a mut Kubeconfig, context: Option<&str>) -> Option<&'a mut Cluster> {
    let Kubeconfig { contexts, clusters, current_context, .. } = kubeconfig;
    let name = context.or(current_context.as_deref())?;
    let context = contexts.iter().find(|named| named.name == name)?.context.as_ref()?;
    clusters.iter_mut().find(|named| named.name == context.cluster)?.cluster.as_mut()
}

impl From<KubeconfigError> for Error {
    fn from(error: KubeconfigError) -> Self {
        Self::Unreadable(match error {
            // Its text quotes the lines around the mistake, which may hold a token.
            KubeconfigError::Parse(error) => match error.location() {
                Some(at) => {
                    format!("the kubeconfig is no YAML of one: line {}, column {}", at.line(), at.column())
                }
                None => "the kubeconfig is no YAML of one".to_owned(),
            },
            other => describe(&other),
        })
    }
}
