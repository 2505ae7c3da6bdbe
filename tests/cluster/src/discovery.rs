//! When the API server serves what CustomResourceDefinitions define.
//!
//! Their condition `Established` is not enough: kubectl, Helm and Argo CD learn kinds from two documents of discovery, each
//! of which is written by a queue of its own a moment later. Until then they say `no matches for kind`.

use std::{
    collections::BTreeSet,
    fmt,
    time::{Duration, Instant},
};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, Client, api::ListParams};

use crate::{ControlPlane, Error};

/// Discovery is complete within milliseconds, a second or so on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// One version of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Resource {
    group: String,
    version: String,
    plural: String,
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, version, plural } = self;
        write!(formatter, "{plural} of {group}/{version}")
    }
}

impl ControlPlane {
    /// Waits until both documents of discovery list every version that a CRD serves.
    pub async fn established(&self) -> Result<(), Error> {
        let client = self.client();
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let undiscovered = undiscovered(&client).await.map_err(Error::request("read discovery"))?;
            if undiscovered.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Error::Undiscovered(undiscovered.iter().map(Resource::to_string).collect()));
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }
}

/// What CRDs serve and a document of discovery does not list yet.
async fn undiscovered(client: &Client) -> Result<BTreeSet<Resource>, kube::Error> {
    let mut undiscovered = defined(client).await?;
    let aggregated = aggregated(client).await?;
    let mut listed = BTreeSet::new();
    let versions: BTreeSet<_> =
        undiscovered.iter().map(|one| (one.group.clone(), one.version.clone())).collect();
    for (group, version) in versions {
        listed.extend(of_version(client, &group, &version).await?);
    }
    undiscovered.retain(|resource| !(listed.contains(resource) && aggregated.contains(resource)));
    Ok(undiscovered)
}

async fn defined(client: &Client) -> Result<BTreeSet<Resource>, kube::Error> {
    let crds = Api::<CustomResourceDefinition>::all(client.clone()).list(&ListParams::default()).await?;
    let resources = crds.into_iter().flat_map(|crd| {
        let served = crd.spec.versions.into_iter().filter(|version| version.served);
        let (group, plural) = (crd.spec.group, crd.spec.names.plural);
        served.map(move |version| Resource {
            group: group.clone(),
            version: version.name,
            plural: plural.clone(),
        })
    });
    Ok(resources.collect())
}

/// What the document of all groups lists.
async fn aggregated(client: &Client) -> Result<BTreeSet<Resource>, kube::Error> {
    let mut resources = BTreeSet::new();
    for group in client.list_api_groups_aggregated().await?.items {
        let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for version in group.versions {
            let number = version.version.unwrap_or_default();
            let plurals = version.resources.into_iter().filter_map(|resource| resource.resource);
            resources.extend(plurals.map(|plural| Resource {
                group: name.clone(),
                version: number.clone(),
                plural,
            }));
        }
    }
    Ok(resources)
}

/// What the document of one version of a group lists.
async fn of_version(client: &Client, group: &str, version: &str) -> Result<Vec<Resource>, kube::Error> {
    let listed = match client.list_api_group_resources(&format!("{group}/{version}")).await {
        Ok(listed) => listed.resources,
        // The answer is plain text, which `is_not_found` does not take for one.
        Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
        Err(error) => return Err(error),
    };
    let resource = |plural| Resource { group: group.to_owned(), version: version.to_owned(), plural };
    Ok(listed.into_iter().map(|listed| resource(listed.name)).collect())
}
