//! The kubeconfig: which cluster, and through which proxy.
//!
//! kube reads the file; what it makes of proxies is not what kubectl makes of them. There `proxy-url` counts always,
//! and without it the variables of the environment, `NO_PROXY` among them.

use kube::Config;
use kube::config::{Cluster, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::cause::describe;
use super::kubeconfig_files;
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
    cluster(kubeconfig_files::read()?, context).await
}

async fn cluster(
    mut kubeconfig: Kubeconfig,
    context: Option<&str>,
) -> Result<(Config, Option<Proxy>), Error> {
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
        config.root_cert_file = cluster.certificate_authority.filter(|file| !file.is_empty()).map(Into::into);
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
        Self::Unreadable(describe(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    async fn read(cluster: &str) -> Result<(Config, Option<Proxy>), Error> {
        let text = format!(
            "{{current-context: a, contexts: [{{name: a, context: {{cluster: a}}}}, {{name: b, context: {{cluster: b}}}}], \
              clusters: [{{name: a, cluster: {{server: \"https://a\"{cluster}}}}}, {{name: b, cluster: {{server: \"https://b\"}}}}]}}"
        );
        super::cluster(Kubeconfig::from_yaml(&text)?, None).await
    }

    #[tokio::test]
    async fn the_proxy_is_ours_to_speak_to() {
        let (config, proxy) = read(", proxy-url: \"socks5://127.0.0.1:1080\"").await.unwrap();
        assert_eq!((config.proxy_url, proxy.unwrap().to_string().as_str()), (None, "127.0.0.1:1080"));
        for none in ["", ", proxy-url: \"\""] {
            let (config, proxy) = read(none).await.unwrap();
            assert!(config.proxy_url.is_none() && proxy.is_none());
        }
        let error = read(", proxy-url: \"http://u:MARKED@a b\"").await.unwrap_err().to_string();
        assert!(
            error.starts_with("proxy-url in the kubeconfig is not") && !error.contains("MARKED"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_file_of_the_authority_is_read_again_and_what_stands_inside_cannot_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.crt");
        std::fs::write(&file, CERTIFICATE).unwrap();
        let named = format!(", certificate-authority: \"{}\"", file.display());
        assert_eq!(read(&named).await.unwrap().0.root_cert_file, Some(file));
        let inside = ", certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";
        assert_eq!(read(&[&named, inside].concat()).await.unwrap().0.root_cert_file, None);
    }
}
