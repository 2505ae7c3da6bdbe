//! A watch as it stands in a cluster.

use anyhow::anyhow;
use clap::Args as ClapArgs;
use kube::{Api, Client};

use super::subdomain::{SUBDOMAIN, is_subdomain};
use crate::api::SaeAppWatch;
use crate::cluster::{self, describe};

/// Which watch, in which cluster.
#[derive(Debug, ClapArgs)]
#[group(id = "cluster-watch")]
pub(super) struct WatchArgs {
    /// The name of the SaeAppWatch
    name: String,

    /// Its namespace [default: that of the context]
    #[arg(short, long, env = "SAEWATCH_NAMESPACE", value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// The context of the kubeconfig [default: the current one]
    #[arg(long, env = "SAEWATCH_CONTEXT", value_name = "CONTEXT")]
    context: Option<String>,
}

impl WatchArgs {
    /// Refuses names that no object has, naming the flag.
    pub(super) fn check(&self) -> Result<(), String> {
        check_name("<NAME>", Some(&self.name))?;
        check_name("--namespace", self.namespace.as_ref())
    }
}

/// The cluster of a context, or of the current one, and this namespace in it, or that of the context.
///
/// # Errors
/// When there is no way to the cluster.
pub(super) async fn connect(
    context: Option<&str>,
    namespace: Option<&str>,
) -> anyhow::Result<(Client, String)> {
    let client = cluster::connect(context).await?;
    let namespace = namespace.unwrap_or(client.default_namespace()).to_owned();
    Ok((client, namespace))
}

/// Refuses a name that no object has.
pub(super) fn check_name(flag: &str, name: Option<&String>) -> Result<(), String> {
    match name.filter(|name| !is_subdomain(name)) {
        Some(name) => Err(format!("invalid value {name:?} for '{flag}': {SUBDOMAIN}")),
        None => Ok(()),
    }
}

/// A watch in a cluster.
pub(super) struct ClusterWatch {
    watches: Api<SaeAppWatch>,
    namespace: String,
    name: String,
}

impl ClusterWatch {
    /// The watch that the flags name.
    ///
    /// # Errors
    /// When there is no way to the cluster.
    pub(super) async fn connect(args: &WatchArgs) -> anyhow::Result<Self> {
        let (client, namespace) = connect(args.context.as_deref(), args.namespace.as_deref()).await?;
        Ok(Self { watches: Api::namespaced(client, &namespace), namespace, name: args.name.clone() })
    }

    /// The watch as it stands there now.
    ///
    /// # Errors
    /// When the cluster does not say, or there is no such watch.
    pub(super) async fn read(&self) -> anyhow::Result<SaeAppWatch> {
        let Self { watches, namespace, name } = self;
        let found = watches.get_opt(name).await;
        let found =
            found.map_err(|error| anyhow!("the cluster cannot be asked for the watch: {}", describe(&error)));
        let mut watch = found?.ok_or_else(|| {
            anyhow!("no SaeAppWatch {name:?} in namespace {namespace:?}: see kubectl get saw -A")
        })?;
        // As kubectl prints it.
        watch.metadata.managed_fields = None;
        Ok(watch)
    }
}
