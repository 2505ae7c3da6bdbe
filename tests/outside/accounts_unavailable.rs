//! SaeAccounts that cannot be listed: it is said why, watches that name none do not mind, and what was missing is used
//! when it comes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use devcluster::ControlPlane;
use http::header::HOST;
use kube::Client;
use sae_simulator::{ACCOUNT_ID, Application};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::pages::{Pages, Scrape};
use crate::release::Release;
use crate::support::{Operator, World, cluster, condition, declare_account, install_crd};

/// A watch that names no account, and one that does.
async fn declare_two(world: &World) {
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("bare", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    let named = json!({"appId": "demo-shop", "interval": "15s", "accountRef": {"name": "own"}});
    world.declare("named", &named).await;
}

/// Declares the account of the operator's own keys.
async fn declare_own(cluster: &ControlPlane) {
    declare_account(cluster, "own", &json!({"accountId": ACCOUNT_ID, "namespaces": ["*"]})).await;
}

fn is_unavailable(scrape: &Scrape) -> Option<f64> {
    scrape.value("saewatch_accounts_unavailable", &[])
}

fn message_of(watch: &Value) -> &str {
    condition(watch, "Ready")["message"].as_str().unwrap()
}

/// The operator says that it cannot list SaeAccounts, is ready, and asks for the watch that names none.
async fn assert_unavailable(world: &World, operator: &Operator, why: &str) {
    world.until_ready("bare", "True", "Observed").await;
    let named = world.until_ready("named", "False", "AccountNotFound").await;
    assert!(message_of(&named).starts_with("there is no SaeAccount own: "), "{named:#}");
    assert!(message_of(&named).contains(why), "{named:#}");
    assert!(condition(&named, "Stalled").is_null(), "{named:#}");
    let pages = Pages::of(operator).await;
    pages.until("the metric", |scrape| is_unavailable(scrape) == Some(1.0)).await;
    let (code, said) = pages.get("/readyz");
    assert_eq!(code, 200, "{said}");
    assert!(said.starts_with("ready; SaeAccounts are not used: ") && said.contains(why), "{said}");
    let log = operator.log();
    assert_eq!(log.matches("saeaccounts cannot be listed or watched").count(), 1, "{log}");
}

/// Waits until the account is used, which takes a minute and the time of a poll at most.
async fn assert_used(world: &World, operator: &Operator, since: Instant) {
    world.until_ready("named", "True", "Observed").await;
    assert!(since.elapsed().as_secs() < 75, "it took {:?}", since.elapsed());
    let pages = Pages::of(operator).await;
    pages.until("the metric", |scrape| is_unavailable(scrape) == Some(0.0)).await;
    assert_eq!(pages.get("/readyz"), (200, "ready\n".into()));
    assert_eq!(operator.log().matches("saeaccounts can be listed and watched again").count(), 1);
}

#[tokio::test]
async fn a_definition_that_is_missing_is_used_when_it_comes() {
    let cluster = Arc::new(ControlPlane::start().await.unwrap());
    install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
    let world = World::on(cluster.clone()).await;
    declare_two(&world).await;
    let mut command = world.command();
    command.args(["--sts-endpoint", &world.sae.endpoint()]);
    let operator = Operator::start(command);
    assert_unavailable(&world, &operator, "their CustomResourceDefinition is missing").await;

    let since = Instant::now();
    install_crd(&cluster, include_str!("../../crds/saeaccounts.yaml")).await;
    declare_own(&cluster).await;
    assert_used(&world, &operator, since).await;
}

#[tokio::test]
async fn a_right_that_is_missing_is_used_when_it_comes_and_its_loss_is_seen() {
    let cluster = Arc::new(ControlPlane::start().await.unwrap());
    let mut world = World::on(cluster.clone()).await;
    let values = [
        "accounts.enabled=true".to_owned(),
        format!("watch.namespaces={{{}}}", world.namespace),
        format!("stsEndpoint={}", world.sae.endpoint()),
        // The API server may be away for longer than a release of these tests keeps its Lease, which a busy machine takes
        // for its start alone; another time as leader knows nothing of accounts.
        "leaderElection.leaseDuration=60s,leaderElection.renewDeadline=50s".to_owned(),
    ];
    let release = Release::install(&cluster, &world, &values).await;
    cluster.established().await.unwrap();
    let take_away = ["delete", "clusterrolebinding", "saewatch-accounts"];
    let give = [
        "create",
        "clusterrolebinding",
        "saewatch-accounts",
        "--clusterrole=saewatch-accounts",
        "--serviceaccount=saewatch-system:saewatch",
    ];
    world.kubectl(&take_away).await;
    declare_own(&cluster).await;
    drop(cluster);
    declare_two(&world).await;
    let operator = Operator::start(release.command());
    assert_unavailable(&world, &operator, "the operator may not list SaeAccounts").await;

    let since = Instant::now();
    world.kubectl(&give).await;
    assert_used(&world, &operator, since).await;

    // A watch that is open goes on without the right; the next one is refused. What is known of accounts holds on.
    world.kubectl(&take_away).await;
    world.stop_api_server();
    world.start_api_server().await;
    let pages = Pages::of(&operator).await;
    pages.until("the metric", |scrape| is_unavailable(scrape) == Some(1.0)).await;
    world.request_poll("named").await;
    world.until_ready("named", "True", "Observed").await;
    world.kubectl(&give).await;
    pages.until("the metric", |scrape| is_unavailable(scrape) == Some(0.0)).await;
}

/// A kubeconfig for the API server behind a proxy that keeps requests for SaeAccounts waiting until `release`.
async fn behind_a_proxy(client: Client, release: CancellationToken, name: &str) -> PathBuf {
    let forward = move |request: Request| {
        let (client, release) = (client.clone(), release.clone());
        async move {
            if request.uri().path().contains("/saeaccounts") {
                release.cancelled().await;
            }
            let (mut parts, body) = request.into_parts();
            parts.headers.remove(HOST);
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            let request = http::Request::from_parts(parts, body.into());
            client.send(request).await.unwrap().map(Body::new)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(forward)).into_future());
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": server}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "users": [{"name": "x", "user": {}}],
    });
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-behind-a-proxy"));
    std::fs::write(&file, config.to_string()).unwrap();
    file
}

#[tokio::test]
async fn only_watches_that_name_an_account_wait_for_the_list_of_accounts() {
    let world = World::new().await;
    declare_two(&world).await;
    let release = CancellationToken::new();
    let client = cluster().await.client();
    let kubeconfig = behind_a_proxy(client, release.clone(), &world.namespace).await;
    let mut command = world.command();
    command.env("KUBECONFIG", kubeconfig);
    let operator = Operator::start(command);
    world.until_ready("bare", "True", "Observed").await;
    let pages = Pages::of(&operator).await;
    assert_eq!(pages.get("/readyz").0, 503);
    assert_eq!(is_unavailable(&pages.scrape()), None);
    let named = world.watch("named").await;
    assert!(named["status"]["conditions"].is_null(), "{named:#}");

    release.cancel();
    let named = world.until_ready("named", "False", "AccountNotFound").await;
    assert_eq!(message_of(&named).split(';').next(), Some("there is no SaeAccount own"), "{named:#}");
    pages.until("ready", |_| pages.get("/readyz").0 == 200).await;
}
