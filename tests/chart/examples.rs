//! The repository to copy: what it holds is what the API server, the chart and the guide take.

use serde_json::Value;

use crate::support::{CHART, cluster, documents, text, yaml};

const EXAMPLE: &str = "gitops/example";

async fn create_namespace(name: &str) {
    let manifest = format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}");
    let apply = ["apply", "--server-side", "-f", "-"];
    cluster().await.kubectl_with_input(&apply, &manifest).await.unwrap().checked().unwrap();
}

async fn is_taken(manifests: &str) {
    let apply = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
    cluster().await.kubectl_with_input(&apply, manifests).await.unwrap().checked().unwrap();
}

#[tokio::test]
async fn the_watches_are_taken() {
    create_namespace("team-a").await;
    create_namespace("team-b").await;
    let built = cluster().await.kubectl(&["kustomize", &format!("{EXAMPLE}/watches")]).await.unwrap();
    is_taken(&built.checked().unwrap()).await;
}

#[tokio::test]
async fn the_accounts_are_taken() {
    let built = cluster().await.kubectl(&["kustomize", &format!("{EXAMPLE}/accounts")]).await.unwrap();
    is_taken(&built.checked().unwrap()).await;
}

#[tokio::test]
async fn fluxs_kustomizations_are_taken() {
    create_namespace("flux-system").await;
    for file in ["operator", "accounts", "watches"] {
        is_taken(&text(&format!("{EXAMPLE}/clusters/production/{file}.yaml"))).await;
    }
}

#[tokio::test]
async fn argo_cds_applications_are_taken() {
    create_namespace("argocd").await;
    for file in ["operator", "accounts", "watches"] {
        is_taken(&text(&format!("{EXAMPLE}/argocd/{file}.yaml"))).await;
    }
}

#[test]
fn both_tools_pin_this_version_of_the_chart() {
    let flux = documents(&text(&format!("{EXAMPLE}/operator/release.yaml")));
    let source = flux.iter().find(|document| document["kind"] == "OCIRepository").unwrap();
    assert_eq!(source["spec"]["ref"]["tag"], env!("CARGO_PKG_VERSION"));
    let argocd = yaml(&format!("{EXAMPLE}/argocd/operator.yaml"));
    assert_eq!(argocd["spec"]["source"]["targetRevision"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn flux_judges_as_the_guide_says() {
    let guide = text("docs/gitops.md");
    let (_, first_answer) = guide.split_once("The first answer counts").unwrap();
    let block = first_answer.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let watches = yaml(&format!("{EXAMPLE}/clusters/production/watches.yaml"));
    assert_eq!(watches["spec"]["healthCheckExprs"], documents(block)[0]["healthCheckExprs"]);
}

#[tokio::test]
async fn the_chart_takes_the_values_of_both_tools() {
    let flux = documents(&text(&format!("{EXAMPLE}/operator/release.yaml")));
    let release = flux.iter().find(|document| document["kind"] == "HelmRelease").unwrap();
    let argocd = yaml(&format!("{EXAMPLE}/argocd/operator.yaml"));
    let values: [&Value; 2] = [&release["spec"]["values"], &argocd["spec"]["source"]["helm"]["valuesObject"]];
    for values in values {
        assert!(values.is_object(), "{values}");
        let mut template = vec!["template", "saewatch", CHART, "--kube-version", "1.37"];
        let values = format!("{values}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), values).unwrap();
        template.extend(["-f", file.path().to_str().unwrap()]);
        cluster().await.helm(&template).await.unwrap().checked().unwrap();
    }
}
