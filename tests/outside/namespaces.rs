//! Two namespaces to watch, and rights in one of them.

use std::path::PathBuf;

use devcluster::ControlPlane;
use serde_json::{Value, json};

use crate::pages::{Pages, Scrape};
use crate::support::{Operator, World, cluster};
use sae_simulator::Application;

/// A kubeconfig for somebody who may do with watches and events in this namespace what an operator does, and nothing
/// elsewhere.
async fn limited_to(cluster: &ControlPlane, namespace: &str) -> PathBuf {
    let user = format!("limited-to-{namespace}");
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "operator", "namespace": namespace},
        "rules": [
            {"apiGroups": ["saewatch.dev"], "resources": ["saeappwatches"], "verbs": ["list", "watch"]},
            {"apiGroups": ["saewatch.dev"], "resources": ["saeappwatches/status"], "verbs": ["patch"]},
            {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "operator", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "operator"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}).to_string();
    cluster.kubectl_with_input(&["apply", "-f", "-"], &objects).await.unwrap().checked().unwrap();

    let view = cluster.kubectl(&["config", "view", "--raw", "-o", "json"]).await.unwrap().checked().unwrap();
    let mut config: Value = serde_json::from_str(&view).unwrap();
    config["users"][0]["user"]["as"] = json!(user);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(user);
    std::fs::write(&file, config.to_string()).unwrap();
    file
}

fn refused(scrape: &Scrape, namespace: &str) -> Option<f64> {
    scrape.value("saewatch_namespace_refused", &[("watch_namespace", namespace)])
}

#[tokio::test]
async fn a_namespace_without_rights_is_named_and_keeps_the_operator_from_nothing_else() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    let gone = format!("{}-gone", world.namespace);
    let mut command = world.command();
    command.args(["--watch-namespace", &gone]);
    command.env("KUBECONFIG", limited_to(cluster().await, &world.namespace).await);
    let operator = Operator::start(command);
    let pages = Pages::of(&operator).await;

    world.until_health("shop", "Healthy").await;
    let scrape = pages.until("a refusal", |scrape| refused(scrape, &gone) == Some(1.0)).await;
    assert_eq!(refused(&scrape, &world.namespace), Some(0.0));
    let (status, said) = pages.get("/readyz");
    assert_eq!(status, 200, "{said}");
    let named = format!("ready; the API server refuses the watches of namespace {gone} (");
    assert!(said.starts_with(&named) && said.contains("forbidden"), "{said}");
    let logged = operator.log();
    let logged = logged.lines().filter(|line| line.contains("saeappwatches cannot be listed or watched"));
    let logged: Vec<&str> = logged.collect();
    assert!(logged.len() == 1 && logged[0].contains(&gone), "it is said once: {logged:#?}");
}

#[tokio::test]
async fn an_operator_that_may_see_nothing_is_not_ready_and_says_why() {
    let world = World::new().await;
    let gone = format!("{}-gone", world.namespace);
    let mut command = World::bare_command();
    command.env("KUBECONFIG", limited_to(cluster().await, &world.namespace).await);
    command.args(["run", "--http-addr", "127.0.0.1:0", "--log-format", "text", "--watch-namespace", &gone]);
    let operator = Operator::start(command);
    let pages = Pages::of(&operator).await;
    pages.until("a refusal", |scrape| refused(scrape, &gone) == Some(1.0)).await;
    let (status, said) = pages.get("/readyz");
    assert_eq!(status, 503);
    assert!(said.contains(&format!("the API server refuses the watches of namespace {gone} (")), "{said}");
}
