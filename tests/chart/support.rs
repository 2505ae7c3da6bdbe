//! What the tests of the chart share: its files, its cases, and one control plane that knows every kind it renders.

use std::path::{Path, PathBuf};

use devcluster::ControlPlane;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::judges;

/// The chart's folder.
pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/saewatch");

static CLUSTER: OnceCell<ControlPlane> = OnceCell::const_new();

/// A file of the project.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Its text.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Its text as one document of YAML.
pub fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All documents of a text but empty ones.
pub fn documents(text: &str) -> Vec<Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    all.into_iter().filter(|document| !document.is_null()).collect()
}

/// The files of a folder, as names from the project's root, in order.
pub fn files(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path(folder))
        .unwrap_or_else(|error| panic!("{folder}: {error}"))
        .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    names.sort();
    names
}

/// The values files that stand for how people use the chart.
pub fn cases() -> Vec<String> {
    files("charts/saewatch/ci")
}

/// Compares a file of the project with what it is made from, or writes it: `make docs`.
pub fn keep(name: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(name), expected).unwrap();
    } else {
        assert_eq!(text(name), expected, "{name} is stale; run `make docs`");
    }
}

/// A text with this as its generated part of that name.
pub fn with_part(text: &str, name: &str, part: &str) -> String {
    let start = format!("<!-- generated: {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no part {name}"));
    let (_, after) = rest.split_once("<!-- /generated -->").unwrap();
    format!("{before}{start}{part}<!-- /generated -->{after}")
}

/// A control plane with our CRDs, those of the Prometheus operator, Flux' Kustomization and Argo CD's
/// Application. Its namespace
/// `default` lets in only what the restricted Pod Security Standard does, and warns of everything else.
pub async fn cluster() -> &'static ControlPlane {
    CLUSTER
        .get_or_init(async || {
            let cluster = ControlPlane::start().await.unwrap();
            let prometheus = judges::source(
                "github.com/prometheus-operator/prometheus-operator@v0.85.0",
                "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
            )
            .join("example/prometheus-operator-crd");
            let flux = judges::source(
                "github.com/fluxcd/kustomize-controller@v1.9.5",
                "h1:/XY2zy3K7fntyppEXIHG7oRMzmfgIt50eJzUfaPX1Kc=",
            )
            .join("config/crd/bases");
            let argocd = judges::source(
                "github.com/argoproj/argo-cd/v3@v3.5.7",
                "h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=",
            )
            .join("manifests/crds");
            let crds = [
                path("crds/saeappwatches.yaml"),
                path("crds/saeaccounts.yaml"),
                path("crds/saeappwatchsets.yaml"),
                prometheus.join("monitoring.coreos.com_servicemonitors.yaml"),
                prometheus.join("monitoring.coreos.com_prometheusrules.yaml"),
                prometheus.join("monitoring.coreos.com_scrapeconfigs.yaml"),
                flux.join("kustomize.toolkit.fluxcd.io_kustomizations.yaml"),
                argocd.join("application-crd.yaml"),
            ];
            for crd in crds {
                let apply = ["apply", "--server-side", "-f", crd.to_str().unwrap()];
                cluster.kubectl(&apply).await.unwrap().checked().unwrap();
            }
            cluster.established().await.unwrap();
            let restrict = [
                "label",
                "namespace",
                "default",
                "pod-security.kubernetes.io/enforce=restricted",
                "pod-security.kubernetes.io/warn=restricted",
            ];
            cluster.kubectl(&restrict).await.unwrap().checked().unwrap();
            cluster
        })
        .await
}

/// What `helm template` makes of the chart with these arguments.
pub async fn render(arguments: &[&str]) -> String {
    let mut all = vec!["template", "saewatch", CHART, "--namespace", "default", "--kube-version", "1.37"];
    all.extend(arguments);
    cluster().await.helm(&all).await.unwrap().checked().unwrap()
}
