//! The chart, installed. Its Deployment makes no pod here, so the operator runs as a process, with the arguments of the
//! pod and the token of the pod's ServiceAccount.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use devcluster::ControlPlane;
use serde_json::Value;

use crate::support::World;

/// Where it is installed.
pub const NAMESPACE: &str = "saewatch-system";
/// Whom the operator speaks as.
pub const ACCOUNT: &str = "system:serviceaccount:saewatch-system:saewatch";

/// An installed release.
pub struct Release {
    arguments: Vec<String>,
    kubeconfig: PathBuf,
}

impl Release {
    /// Installs the chart with these values, each as `--set` has it, for the SAE of this world.
    pub async fn install(cluster: &Arc<ControlPlane>, world: &World, values: &[String]) -> Self {
        let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/saewatch");
        let endpoint = format!("endpoint={}", world.sae.endpoint());
        let mut install = vec!["install", "saewatch", chart, "--namespace", NAMESPACE, "--create-namespace"];
        let quick =
            "leaderElection.leaseDuration=6s,leaderElection.renewDeadline=4s,leaderElection.retryPeriod=1s";
        install.extend(["--set", "region=cn-hangzhou,callsPerMinute=6000,log.format=text"]);
        install.extend(["--set", "credentials.mode=nodeRole"]);
        install.extend(["--set", quick, "--set", &endpoint]);
        install.extend(values.iter().flat_map(|value| ["--set", value]));
        cluster.helm(&install).await.unwrap().checked().unwrap();
        let get = ["get", "deployment", "saewatch", "--namespace", NAMESPACE, "-o", "json"];
        let deployment = cluster.kubectl(&get).await.unwrap().checked().unwrap();
        let deployment: Value = serde_json::from_str(&deployment).unwrap();
        let pod = &deployment["spec"]["template"]["spec"];
        let arguments: Vec<String> = serde_json::from_value(pod["containers"][0]["args"].clone()).unwrap();
        let account = pod["serviceAccountName"].as_str().unwrap();
        let kubeconfig = cluster.service_account_kubeconfig(NAMESPACE, account).await.unwrap();
        Self { arguments, kubeconfig }
    }

    /// What the pod would run, on a free port of loopback.
    pub fn command(&self) -> Command {
        let mut command = World::bare_command();
        command.env("KUBECONFIG", &self.kubeconfig);
        command.args(self.arguments.iter().map(|argument| match argument.split_once('=') {
            Some(("--http-addr", _)) => "--http-addr=127.0.0.1:0",
            Some(_) | None => argument,
        }));
        command
    }
}
