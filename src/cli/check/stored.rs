//! A watch as it stands in a cluster.

use clap::Args as ClapArgs;
use kube::Api;

use super::args::Manner;
use crate::api::SaeAppWatch;
use crate::operator::cluster;

/// Show what a watch in the cluster says beside what SAE says now
#[derive(Debug, ClapArgs)]
#[command(after_help = super::args::EXIT_CODES)]
pub struct Args {
    /// The name of the SaeAppWatch
    pub(super) name: String,

    /// Its namespace [default: that of the context]
    #[arg(short, long, env = "SAEWATCH_NAMESPACE", value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,

    /// The context of the kubeconfig [default: the current one]
    #[arg(long, env = "SAEWATCH_CONTEXT", value_name = "CONTEXT")]
    pub(super) context: Option<String>,

    #[command(flatten)]
    pub(super) manner: Manner,
}

/// Reads the watch from the cluster.
///
/// # Errors
/// When there is no way to the cluster, or no such watch in it.
pub(super) async fn read(args: &Args) -> anyhow::Result<SaeAppWatch> {
    let client = cluster::connect(args.context.as_deref()).await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    let watches: Api<SaeAppWatch> = Api::namespaced(client, &namespace);
    let found = watches.get_opt(&args.name).await;
    let found =
        found.map_err(|error| anyhow::anyhow!("the cluster cannot be asked for the watch: {error}"))?;
    let mut watch = found.ok_or_else(|| {
        anyhow::anyhow!("no SaeAppWatch {:?} in namespace {namespace:?}: see kubectl get saw -A", args.name)
    })?;
    // As kubectl prints it.
    watch.metadata.managed_fields = None;
    Ok(watch)
}
