//! A watch as it stands in a cluster.

use anyhow::anyhow;
use clap::Args as ClapArgs;
use kube::Api;

use super::place::Place;
use super::values::parse_object_name;
use crate::api::SaeAppWatch;
use crate::cluster::describe;

/// Which watch, in which cluster.
#[derive(Debug, ClapArgs)]
#[group(id = "cluster-watch")]
pub(super) struct WatchArgs {
    /// The name of the SaeAppWatch
    #[arg(value_parser = parse_object_name)]
    name: String,

    #[command(flatten)]
    place: Place,
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
        let (client, namespace) = args.place.connect().await?;
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
