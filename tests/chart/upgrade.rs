//! An upgrade from the last release, a roll back, an uninstall and an install: watches and what is known of them survive
//! it all.

use std::path::Path;

use devcluster::ControlPlane;
use serde_json::{Value, json};

use crate::support::{CHART, path};

const WATCH: &str = "saeappwatches.saewatch.dev";

/// A control plane of its own: the CRD is to come from the chart.
struct Release {
    cluster: ControlPlane,
}

impl Release {
    async fn helm(&self, arguments: &[&str]) {
        self.cluster.helm(arguments).await.unwrap().checked().unwrap();
    }

    async fn install(&self, chart: &Path, extra: &[&str]) {
        let chart = chart.to_str().unwrap();
        self.helm(&[&["install", "saewatch", chart, "--namespace", "default"], extra].concat()).await;
        let established = ["wait", "--for=condition=Established", "crd", WATCH];
        self.cluster.kubectl(&established).await.unwrap().checked().unwrap();
    }

    /// Declares a watch, and gives it a status as the operator would.
    async fn declare(&self) {
        let watch = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"appId": "demo-shop", "health": {"minHealthyPercent": 75}},
        });
        let apply = ["apply", "--server-side", "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &watch.to_string()).await.unwrap().checked().unwrap();
        let status = json!({"status": {
            "observedGeneration": 1, "health": "Healthy", "ready": "4/4", "reason": "AllInstancesHealthy",
            "recentTransitions": [{"at": "2026-01-01T00:00:00Z", "from": "Degraded", "to": "Healthy", "reason": "AllInstancesHealthy"}],
        }})
        .to_string();
        let patch = ["patch", WATCH, "shop", "--subresource=status", "--type=merge", "-p", &status];
        self.cluster.kubectl(&patch).await.unwrap().checked().unwrap();
    }

    /// The watch, but for what every write changes.
    async fn watch(&self) -> Value {
        let get = ["get", WATCH, "shop", "-o", "json"];
        let text = self.cluster.kubectl(&get).await.unwrap().checked().unwrap();
        let watch: Value = serde_json::from_str(&text).unwrap();
        json!({"uid": watch["metadata"]["uid"], "spec": watch["spec"], "status": watch["status"]})
    }

    async fn names(&self, kinds: &str) -> String {
        let get =
            ["get", kinds, "--all-namespaces", "-l", "app.kubernetes.io/part-of=saewatch", "-o", "name"];
        self.cluster.kubectl(&get).await.unwrap().checked().unwrap()
    }
}

#[tokio::test]
async fn watches_and_their_statuses_survive() {
    let release = Release { cluster: ControlPlane::start().await.unwrap() };
    release.install(&path("tests/chart/previous"), &[]).await;
    release.declare().await;
    let before = release.watch().await;
    assert_eq!(before["status"]["ready"], "4/4");

    release.helm(&["upgrade", "saewatch", CHART, "--namespace", "default", "--set", "replicaCount=2"]).await;
    assert_eq!(release.watch().await, before, "after the upgrade");

    release.helm(&["rollback", "saewatch", "1", "--namespace", "default"]).await;
    assert_eq!(release.watch().await, before, "after the roll back");

    release.helm(&["upgrade", "saewatch", CHART, "--namespace", "default"]).await;
    release.helm(&["uninstall", "saewatch", "--namespace", "default"]).await;
    assert_eq!(release.watch().await, before, "after the uninstall");
    let left = "deployments,services,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings";
    assert_eq!(release.names(left).await, "");

    release.install(Path::new(CHART), &["--take-ownership"]).await;
    assert_eq!(release.watch().await, before, "after another install");
}
