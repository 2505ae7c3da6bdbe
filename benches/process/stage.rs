//! What the operator works in: a control plane with many watches, and an SAE with their applications.

use devcluster::ControlPlane;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use sae_simulator::{Application, Simulator};
use saewatch::api::SaeAppWatch;
use serde_json::json;

use crate::Result;
use crate::account::Account;
use crate::build::Build;
use crate::table::progress;

/// Instances of each application.
pub const INSTANCES: usize = 10;
/// Watches in one namespace.
const IN_A_NAMESPACE: usize = 100;
/// Requests to the API server at a time while the stage is set.
const AT_A_TIME: usize = 32;

/// The watches of a stage.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    pub watches: usize,
    pub interval: &'static str,
    /// How many of them are in one region; `None`: all are.
    pub in_a_region: Option<usize>,
    /// Over how many accounts they are spread, each with a role; 0: they name none.
    pub accounts: usize,
}

/// The stage; all of it stops when it is dropped.
pub struct Stage {
    pub cluster: ControlPlane,
    pub sae: Simulator,
    pub watches: usize,
    /// The build that runs here.
    pub build: Build,
    crowd: Crowd,
}

impl Stage {
    /// Starts both servers, with the CRDs of a build, and declares the watches.
    pub async fn set(build: &Build, crowd: Crowd) -> Result<Self> {
        let watches = crowd.watches;
        progress("starting a control plane");
        let cluster = ControlPlane::start().await?;
        let crds = build.crds.to_str().ok_or("the path of the CRDs is no text")?;
        cluster.kubectl(&["apply", "--server-side", "-f", crds]).await?.checked()?;
        cluster.established().await?;
        let sae = Simulator::start();
        for number in 0..watches {
            sae.put_application(crowd.application(number));
            if let Some(account) = crowd.account(number) {
                sae.account(&account.id()).put_application(crowd.application(number));
            }
        }
        let stage = Self { cluster, sae, watches, build: build.clone(), crowd };
        for account in stage.accounts() {
            account.declare(&stage.sae, stage.cluster.client()).await?;
        }
        stage.declare_all().await?;
        Ok(stage)
    }

    /// Namespace and name of a watch.
    pub fn name_of(number: usize) -> (String, String) {
        (namespace_of(number), format!("shop-{number:05}"))
    }

    /// How rows name its watches.
    pub fn describe(&self) -> String {
        let accounts = match self.crowd.accounts {
            0 => String::new(),
            accounts => format!(" on {accounts} accounts"),
        };
        format!("{} watches{accounts}", self.watches)
    }

    /// The accounts that its watches name.
    pub fn accounts(&self) -> impl Iterator<Item = Account> {
        (0..self.crowd.accounts).map(Account)
    }

    /// Gives the first instance of each application another address.
    pub fn change_one_instance_each(&self, round: usize) {
        for number in 0..self.watches {
            self.sae.update(&app_id(number), |application| {
                application.instance(0).eip = format!("192.0.2.{}", round + 1);
            });
        }
    }

    async fn declare_all(&self) -> Result<()> {
        progress(&format!("declaring {} watches", self.watches));
        let client = self.cluster.client();
        let namespaces: Api<Namespace> = Api::all(client.clone());
        for number in 0..self.watches.div_ceil(IN_A_NAMESPACE) {
            let namespace =
                serde_json::from_value(json!({"metadata": {"name": namespace_of(number * IN_A_NAMESPACE)}}))?;
            namespaces.create(&PostParams::default(), &namespace).await?;
        }
        let declare = async |number: usize| {
            let (namespace, name) = Self::name_of(number);
            let api: Api<SaeAppWatch> = Api::namespaced(client.clone(), &namespace);
            // As GitOps tools do it, with what they leave in the metadata.
            let mut manifest = json!({
                "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
                "metadata": {
                    "name": name,
                    "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/managed-by": "gitops"},
                    "annotations": {"gitops.example.com/tracking-id": format!("shops:saewatch.dev/SaeAppWatch:{name}")},
                },
                "spec": {"appId": app_id(number), "regionId": self.crowd.region(number), "interval": self.crowd.interval},
            });
            if let Some(account) = self.crowd.account(number) {
                manifest["spec"]["accountRef"] = json!({"name": account.name()});
            }
            api.patch(&name, &PatchParams::apply("gitops"), &Patch::Apply(&manifest)).await.map(|_| ())
        };
        stream::iter((0..self.watches).map(declare)).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        Ok(())
    }
}

impl Crowd {
    fn region(&self, number: usize) -> String {
        self.in_a_region.map_or("cn-hangzhou".into(), |size| format!("cn-{}", number / size))
    }

    fn account(&self, number: usize) -> Option<Account> {
        number.checked_rem(self.accounts).map(Account)
    }

    fn application(&self, number: usize) -> Application {
        let group = format!("{number:08x}-925a-477a-4ed7-b825d5e22500");
        Application::new(&app_id(number))
            .named(&Stage::name_of(number).1)
            .in_region(&self.region(number))
            .group(&group, INSTANCES)
            .running(INSTANCES)
    }
}

fn app_id(number: usize) -> String {
    format!("{number:08x}-be5f-5b45-12a7-fc5604902345")
}

fn namespace_of(number: usize) -> String {
    format!("team-{:03}", number / IN_A_NAMESPACE)
}
