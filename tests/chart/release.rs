//! A cluster of its own for a test that installs the chart for good: the CRD is to come from the chart.

use std::path::Path;

use devcluster::{ControlPlane, Output};
use serde_json::{Value, json};

use crate::support::path;

/// The CRD's name, and what kubectl calls a watch by.
pub const WATCH: &str = "saeappwatches.saewatch.dev";

/// The one value that the chart has no default for, as `--set` has it.
pub const KEYS: &str = "credentials.mode=nodeRole";

/// A control plane, and what Helm and kubectl do there.
pub struct Release {
    cluster: ControlPlane,
}

impl Release {
    pub async fn start() -> Self {
        Self { cluster: ControlPlane::start().await.unwrap() }
    }

    pub async fn helm(&self, arguments: &[&str]) {
        self.try_helm(arguments).await.checked().unwrap();
    }

    pub async fn try_helm(&self, arguments: &[&str]) -> Output {
        self.cluster.helm(arguments).await.unwrap()
    }

    pub async fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(arguments).await.unwrap().checked().unwrap()
    }

    pub async fn install(&self, chart: &Path, extra: &[&str]) {
        let chart = chart.to_str().unwrap();
        self.helm(
            &[&["install", "saewatch", chart, "--namespace", "default", "--set", KEYS], extra].concat(),
        )
        .await;
        self.established().await;
    }

    /// The file that says how to reach it.
    pub fn kubeconfig(&self) -> &Path {
        self.cluster.kubeconfig()
    }

    /// Brings the CRDs without the chart.
    pub async fn apply_crds(&self) {
        self.kubectl(&["apply", "--server-side", "-f", path("crds").to_str().unwrap()]).await;
        self.established().await;
    }

    /// Waits until the API server serves watches.
    pub async fn established(&self) {
        self.cluster.established().await.unwrap();
    }

    /// Applies an object as this field manager.
    pub async fn apply(&self, object: &Value, manager: &str) {
        let manager = format!("--field-manager={manager}");
        let apply = ["apply", "--server-side", &manager, "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &object.to_string()).await.unwrap().checked().unwrap();
    }

    /// Declares a watch, and gives it a status as the operator would.
    pub async fn declare(&self) {
        let watch = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"appId": "demo-shop", "health": {"minHealthyPercent": 75}},
        });
        let apply = ["apply", "--server-side", "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &watch.to_string()).await.unwrap().checked().unwrap();
        let status = json!({"status": {
            "observedGeneration": 1, "health": "Healthy", "readyInstances": "4/4", "reason": "AllInstancesHealthy",
            "recentTransitions": [{"at": "2026-01-01T00:00:00Z", "from": "Degraded", "to": "Healthy", "reason": "AllInstancesHealthy"}],
        }})
        .to_string();
        self.kubectl(&["patch", WATCH, "shop", "--subresource=status", "--type=merge", "-p", &status]).await;
    }

    /// Declares an account, and gives it a status as the operator would.
    pub async fn declare_account(&self) {
        let account = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAccount", "metadata": {"name": "shopping"},
            "spec": {"accountId": "1234567890123456", "namespaces": ["*"]},
        });
        let apply = ["apply", "--server-side", "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &account.to_string()).await.unwrap().checked().unwrap();
        let status = json!({"status": {"observedGeneration": 1, "calls": "2/30"}}).to_string();
        self.kubectl(&["patch", "saeacc", "shopping", "--subresource=status", "--type=merge", "-p", &status])
            .await;
    }

    /// Declares a set, and gives it a status as the operator would.
    pub async fn declare_set(&self) {
        let set = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet",
            "metadata": {"name": "team", "namespace": "default"}, "spec": {"selector": {"names": ["shop-*"]}},
        });
        self.apply(&set, "kubectl").await;
        let status = json!({"status": {"observedGeneration": 1, "applications": 42}}).to_string();
        self.kubectl(&["patch", "sawset", "team", "--subresource=status", "--type=merge", "-p", &status])
            .await;
    }

    /// The set, but for what every write changes.
    pub async fn set(&self) -> Value {
        self.object("sawset", "team").await
    }

    /// The account, but for what every write changes.
    pub async fn account(&self) -> Value {
        self.object("saeacc", "shopping").await
    }

    /// The watch, but for what every write changes.
    pub async fn watch(&self) -> Value {
        self.object(WATCH, "shop").await
    }

    async fn object(&self, kind: &str, name: &str) -> Value {
        let text = self.kubectl(&["get", kind, name, "-o", "json"]).await;
        let object: Value = serde_json::from_str(&text).unwrap();
        json!({"uid": object["metadata"]["uid"], "spec": object["spec"], "status": object["status"]})
    }

    pub async fn names(&self, kinds: &str) -> String {
        self.kubectl(&[
            "get",
            kinds,
            "--all-namespaces",
            "-l",
            "app.kubernetes.io/part-of=saewatch",
            "-o",
            "name",
        ])
        .await
    }
}
