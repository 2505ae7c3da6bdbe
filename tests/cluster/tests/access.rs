//! What a test may do with a control plane. All tests share one: it ends with their process.

use std::{fs, path::Path};

use devcluster::{Binary, ControlPlane, Error};
use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api,
    api::{ListParams, PostParams},
};
use tokio::sync::OnceCell;

type TestResult = Result<(), Box<dyn std::error::Error>>;

static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();

async fn shared() -> Result<&'static ControlPlane, Error> {
    SHARED.get_or_try_init(ControlPlane::start).await
}

#[tokio::test]
async fn a_client_sees_the_namespaces_as_soon_as_the_start_returns() -> TestResult {
    let namespaces = Api::<Namespace>::all(shared().await?.client()).list(&ListParams::default()).await?;
    let names: Vec<_> =
        namespaces.iter().filter_map(|namespace| namespace.metadata.name.as_deref()).collect();
    assert!(names.contains(&"default"), "{names:?}");
    Ok(())
}

#[tokio::test]
async fn the_server_says_the_version_of_its_binary() -> TestResult {
    let version = shared().await?.client().apiserver_version().await?.git_version;
    assert_eq!(Binary::KubeApiserver.version()?, format!("Kubernetes {version}"));
    assert!(!version.starts_with("v0."), "built without the flags that set its version: {version}");
    Ok(())
}

#[tokio::test]
async fn kubectl_applies_what_it_reads_from_its_input() -> TestResult {
    let cluster = shared().await?;
    let manifest = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"applied"},"data":{"a":"b"}}"#;
    cluster.kubectl_with_input(&["apply", "-f", "-"], manifest).await?.checked()?;
    let found = Api::<ConfigMap>::default_namespaced(cluster.client()).get("applied").await?;
    assert_eq!(found.data.unwrap_or_default()["a"], "b");
    Ok(())
}

#[tokio::test]
async fn more_input_than_a_pipe_holds_reaches_kubectl_whole() -> TestResult {
    let cluster = shared().await?;
    let text = "x".repeat(500_000);
    let manifest = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"large"}},"data":{{"a":"{text}"}}}}"#
    );
    cluster.kubectl_with_input(&["create", "-o", "json", "-f", "-"], &manifest).await?.checked()?;
    let found = Api::<ConfigMap>::default_namespaced(cluster.client()).get("large").await?;
    assert_eq!(found.data.unwrap_or_default()["a"].len(), text.len());
    Ok(())
}

#[tokio::test]
async fn a_command_that_fails_shows_itself_its_status_and_both_its_texts() -> TestResult {
    let arguments = ["get", "namespaces/default", "namespaces/absent", "-o", "name"];
    let output = shared().await?.kubectl(&arguments).await?;
    assert_eq!(output.status.code(), Some(1));
    let error = format!("{:?}", output.checked().unwrap_err());
    for part in
        ["`kubectl get namespaces/default", "exit status: 1", "\nnamespace/default\n", "\"absent\" not found"]
    {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
    Ok(())
}

#[tokio::test]
async fn the_token_of_a_service_account_speaks_as_that_account() -> TestResult {
    let cluster = shared().await?;
    let kubeconfig = cluster.service_account_kubeconfig("default", "speaker").await?;
    let whoami = as_account(cluster, &kubeconfig, &["auth", "whoami", "-o", "json"]).await?;
    assert!(whoami.contains(r#""username": "system:serviceaccount:default:speaker""#), "{whoami}");
    Ok(())
}

#[tokio::test]
async fn an_account_that_exists_gets_a_token_again() -> TestResult {
    let cluster = shared().await?;
    cluster.kubectl(&["create", "serviceaccount", "veteran"]).await?.checked()?;
    let first = cluster.service_account_kubeconfig("default", "veteran").await?;
    let second = cluster.service_account_kubeconfig("default", "veteran").await?;
    assert_eq!(first, second);
    as_account(cluster, &second, &["auth", "whoami"]).await?;
    Ok(())
}

#[tokio::test]
async fn an_account_in_a_namespace_that_is_missing_is_refused_by_name() -> TestResult {
    let error =
        shared().await?.service_account_kubeconfig("nowhere", "nobody").await.unwrap_err().to_string();
    assert!(error.starts_with("create ServiceAccount nowhere/nobody: "), "{error}");
    assert!(error.contains(r#"namespaces "nowhere" not found"#), "{error}");
    Ok(())
}

#[tokio::test]
async fn an_account_may_do_what_rbac_grants_and_nothing_else() -> TestResult {
    let cluster = shared().await?;
    let kubeconfig = cluster.service_account_kubeconfig("default", "reader").await?;
    let get = ["get", "configmaps"];
    let refused = as_account(cluster, &kubeconfig, &get).await.unwrap_err().to_string();
    assert!(refused.contains(r#"User "system:serviceaccount:default:reader" cannot list"#), "{refused}");

    let role = ["create", "role", "reader", "--verb=list", "--resource=configmaps"];
    cluster.kubectl(&role).await?.checked()?;
    let binding = ["create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:reader"];
    cluster.kubectl(&binding).await?.checked()?;
    as_account(cluster, &kubeconfig, &get).await?;
    let refused = as_account(cluster, &kubeconfig, &["get", "secrets"]).await.unwrap_err().to_string();
    assert!(refused.contains("forbidden"), "{refused}");
    Ok(())
}

/// A CRD that says of its resource only what it must.
fn crd(plural: &str) -> Result<CustomResourceDefinition, serde_json::Error> {
    serde_json::from_value(serde_json::json!({
        "metadata": {"name": format!("{plural}.test.saewatch.dev")},
        "spec": {
            "group": "test.saewatch.dev", "scope": "Namespaced",
            "names": {"kind": plural, "plural": plural},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }],
        },
    }))
}

#[tokio::test]
async fn what_a_crd_defines_is_in_both_documents_of_discovery_once_it_is_established() -> TestResult {
    let cluster = shared().await?;
    let client = cluster.client();
    let crds = Api::<CustomResourceDefinition>::all(client.clone());
    for plural in (0..10).map(|number| format!("kind{number}s")) {
        crds.create(&PostParams::default(), &crd(&plural)?).await?;
        cluster.established().await?;
        let listed = client.list_api_group_resources("test.saewatch.dev/v1").await?.resources;
        assert!(listed.iter().any(|resource| resource.name == plural), "{plural} is not listed");
        let aggregated = client.list_api_groups_aggregated().await?.items;
        let versions = aggregated.into_iter().flat_map(|group| group.versions);
        let mut resources = versions.flat_map(|version| version.resources);
        assert!(resources.any(|it| it.resource.as_ref() == Some(&plural)), "{plural} is not aggregated");
    }
    Ok(())
}

#[tokio::test]
async fn helm_installs_a_chart_and_knows_the_version_of_the_server() -> TestResult {
    let cluster = shared().await?;
    let chart = tempfile::tempdir()?;
    fs::create_dir(chart.path().join("templates"))?;
    fs::write(chart.path().join("Chart.yaml"), "{apiVersion: v2, name: sample, version: 0.1.0}")?;
    fs::write(
        chart.path().join("templates/map.yaml"),
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}}, \
         data: {server: '{{ .Capabilities.KubeVersion }}'}}",
    )?;
    let folder = chart.path().to_string_lossy();
    let output = cluster.helm(&["install", "from-helm", &folder]).await?;
    assert_eq!(output.stderr, "", "helm has nothing to warn of");
    output.checked()?;
    let installed = Api::<ConfigMap>::default_namespaced(cluster.client()).get("from-helm").await?;
    let server = cluster.client().apiserver_version().await?;
    assert_eq!(installed.data.unwrap_or_default()["server"], server.git_version);
    // Charts that ask for a minimal version must also render without a server. helm then takes the version
    // of its client-go, v0.X.Y, for v1.X.Y.
    let rendered = cluster.helm(&["template", &folder]).await?.checked()?;
    let (_, version) = rendered.split_once("server: 'v1.").ok_or(rendered.clone())?;
    let minor = version.split('.').next().unwrap_or_default();
    assert!(include_str!("../go.mod").contains(&format!("k8s.io/client-go v0.{minor}.")), "{rendered}");
    Ok(())
}

/// Standard output of kubectl as the account of a kubeconfig.
async fn as_account(cluster: &ControlPlane, kubeconfig: &Path, arguments: &[&str]) -> Result<String, Error> {
    let kubeconfig = kubeconfig.to_string_lossy();
    cluster.kubectl(&[&["--kubeconfig", &*kubeconfig], arguments].concat()).await?.checked()
}
