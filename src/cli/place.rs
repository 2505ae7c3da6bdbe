//! Where in which cluster: the flags that all commands of the plugin have.

use clap::Args as ClapArgs;
use kube::Client;

use crate::api::Namespace;
use crate::cluster;

/// Where in which cluster.
#[derive(Debug, ClapArgs)]
#[group(id = "place")]
pub(super) struct Place {
    /// The namespace [default: that of the context]
    #[arg(short, long, env = "SAEWATCH_NAMESPACE", value_name = "NAMESPACE")]
    pub(super) namespace: Option<Namespace>,

    /// The context of the kubeconfig [default: the current one]
    #[arg(long, env = "SAEWATCH_CONTEXT", value_name = "CONTEXT")]
    context: Option<String>,
}

impl Place {
    /// The cluster, and the namespace in it.
    ///
    /// # Errors
    /// When there is no way to the cluster.
    pub(super) async fn connect(&self) -> anyhow::Result<(Client, String)> {
        let client = cluster::connect(self.context.as_deref()).await?;
        let namespace = self.namespace.as_ref().map_or(client.default_namespace(), Namespace::as_str);
        let namespace = namespace.to_owned();
        Ok((client, namespace))
    }
}
