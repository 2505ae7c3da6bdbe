//! What the chart renders: its unit suites, Helm's own linter, and a real API server.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::judges;
use crate::support::{CHART, cases, cluster, documents, files, render, yaml};

#[test]
fn the_unit_suites_pass() {
    let said = judges::run(judges::helm_unittest().args(["--strict", CHART]));
    let passed = said.lines().find(|line| line.starts_with("Tests:")).unwrap();
    let count: u32 = passed.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(count >= 25, "{passed}");
}

#[tokio::test]
async fn helm_finds_nothing_to_complain_about() {
    for case in cases() {
        let lint = ["lint", "--strict", "--quiet", "--kube-version", "1.37", "-f", &case, CHART];
        cluster().await.helm(&lint).await.unwrap().checked().unwrap();
    }
}

#[tokio::test]
async fn the_api_server_takes_every_case_without_a_warning() {
    for case in cases() {
        let rendered = render(&["-f", &case]).await;
        let apply = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
        let output = cluster().await.kubectl_with_input(&apply, &rendered).await.unwrap();
        let warnings: Vec<&str> =
            output.stderr.lines().filter(|line| line.starts_with("Warning") && !is_foreign(line)).collect();
        assert!(warnings.is_empty(), "{case}: {warnings:#?}");
        output.checked().unwrap_or_else(|error| panic!("{case}: {error}"));
    }
}

/// Warnings of the containers that a case brings itself.
fn is_foreign(warning: &str) -> bool {
    ["proxy", "wait"].iter().any(|name| warning.contains(&format!("\"{name}\"")))
}

#[tokio::test]
async fn the_operators_pod_keeps_to_the_restricted_standard() {
    for case in cases().iter().filter(|case| !case.contains("everything-else")) {
        let rendered = documents(&render(&["-f", case]).await);
        let deployment = rendered.iter().find(|document| document["kind"] == "Deployment").unwrap();
        let template = &deployment["spec"]["template"];
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "operator", "labels": template["metadata"]["labels"]},
            "spec": template["spec"],
        });
        let create = ["create", "--dry-run=server", "--namespace", "default", "-f", "-"];
        let output = cluster().await.kubectl_with_input(&create, &pod.to_string()).await.unwrap();
        output.checked().unwrap_or_else(|error| panic!("{case}: {error}"));
    }
}

#[tokio::test]
async fn the_crds_of_the_chart_are_those_of_the_project() {
    let rendered =
        documents(&render(&["--set", "credentials.mode=nodeRole", "-s", "templates/crd.yaml"]).await);
    assert_eq!(rendered.len(), files("crds").len());
    for crd in rendered {
        let name = crd["spec"]["names"]["plural"].as_str().unwrap();
        let project: Value = yaml(&format!("crds/{name}.yaml"));
        assert_eq!(crd["spec"], project["spec"]);
        assert_eq!(crd["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    }
}

#[tokio::test]
async fn accounts_beside_namespaces_take_a_cluster_role_for_accounts_alone() {
    let rendered = documents(&render(&["-f", "charts/saewatch/ci/namespaced-accounts-values.yaml"]).await);
    let of_the_cluster = rendered.iter().filter(|object| object["metadata"]["namespace"].is_null());
    let kinds: Vec<&str> = of_the_cluster.clone().map(|object| object["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ClusterRole", "ClusterRoleBinding"]);
    for rule in of_the_cluster.filter_map(|object| object["rules"].as_array()).flatten() {
        let resource = rule["resources"][0].as_str().unwrap();
        assert!(resource.starts_with("saeaccounts"), "{rule}");
    }
}

#[tokio::test]
async fn a_team_installs_it_without_a_right_on_the_cluster() {
    for case in ["namespaced-values", "namespaced-sets-values"] {
        let rendered = documents(&render(&["-f", &format!("charts/saewatch/ci/{case}.yaml")]).await);
        for object in &rendered {
            assert!(object["metadata"]["namespace"].is_string(), "{case}: {object:#}");
        }
        assert!(rendered.iter().any(|object| object["kind"] == "Role"), "{case}");
    }
}

#[tokio::test]
async fn the_operator_may_write_a_watch_only_where_sets_are_used_and_then_it_may_make_and_patch_it() {
    for case in cases() {
        let rendered = documents(&render(&["-f", &case]).await);
        let of_the_operator = |object: &&Value| {
            let name = object["metadata"]["name"].as_str().unwrap();
            !["-view", "-edit"].iter().any(|end| name.ends_with(end))
        };
        let rules = rendered.iter().filter(of_the_operator).filter_map(|object| object["rules"].as_array());
        let on_watches = rules.flatten().filter(|rule| rule["resources"] == json!(["saeappwatches"]));
        let verbs: BTreeSet<&str> =
            on_watches.flat_map(|rule| rule["verbs"].as_array().unwrap()).filter_map(Value::as_str).collect();
        let expected = if case.contains("sets-values") {
            BTreeSet::from(["create", "list", "patch", "watch"])
        } else {
            BTreeSet::from(["list", "watch"])
        };
        assert_eq!(verbs, expected, "{case}");
    }
}
