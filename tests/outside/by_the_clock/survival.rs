//! What a process has to live through: being stopped in the middle of its work, an API server that goes and comes back,
//! and a token of which the time is up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use devcluster::ControlPlane;
use futures::{StreamExt, TryStreamExt, stream};
use kube::Api;
use kube::api::PostParams;
use saewatch::api::SaeAppWatch;
use serde_json::{Value, json};

use crate::pages::Pages;
use crate::support::{Operator, World, cluster, install_crd};
use sae_simulator::Application;

const MANY: usize = 1000;

fn shop(world: &World) {
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
}

/// Declares a thousand watches, each on an application of its own.
async fn declare_many(world: &World) {
    let api: Api<SaeAppWatch> = Api::namespaced(cluster().await.client(), &world.namespace);
    let declare = async |number: usize| {
        let name = format!("app-{number}");
        world.sae.put_application(Application::new(&name).group("g-1", 2).running(2));
        let watch = json!({"metadata": {"name": name}, "spec": {"appId": name}});
        api.create(&PostParams::default(), &serde_json::from_value(watch).unwrap()).await
    };
    let declared: Result<Vec<_>, _> =
        stream::iter(0..MANY).map(declare).buffer_unordered(32).try_collect().await;
    assert_eq!(declared.unwrap().len(), MANY);
}

#[tokio::test]
async fn stopped_amid_a_thousand_watches_it_is_gone_in_five_seconds() {
    let world = World::new().await;
    declare_many(&world).await;
    let operator = world.operator();
    let pages = Pages::of(&operator).await;
    let is_amid = |scrape: &crate::pages::Scrape| {
        let changes = [("kind", "change"), ("outcome", "success")];
        let written = scrape.value("saewatch_status_writes_total", &changes).unwrap_or(0.0);
        let is_over = written >= MANY as f64;
        assert!(!is_over, "it was too quick to be stopped amid its work");
        written >= 100.0
    };
    pages.until("a hundred statuses", is_amid).await;
    let (status, took) = operator.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "it took {took:?}");
}

#[tokio::test]
async fn an_api_server_that_goes_and_comes_back_costs_nothing_but_time() {
    let cluster = ControlPlane::start().await.unwrap();
    install_crd(&cluster, include_str!("../../../crds/saeappwatches.yaml")).await;
    let mut world = World::on(Arc::new(cluster)).await;
    shop(&world);
    let operator = world.operator();
    let pages = Pages::of(&operator).await;
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world.until_health("shop", "Healthy").await;
    // Writes that its watch does not hear of: where it goes on later is then too long ago for the server's new cache.
    for name in ["one", "two", "three"] {
        world.kubectl(&["create", "configmap", name]).await;
    }

    world.stop_api_server();
    world.sae.clear_calls();
    world.sae.update("demo-shop", |app| app.instance(0).crash());
    let start = Instant::now();
    // One interval at least, so that a poll finds the crash while nobody can be told of it.
    while world.sae.calls().is_empty() || start.elapsed() < Duration::from_secs(10) {
        assert_eq!(pages.get("/healthz").0, 200, "{}", pages.get("/healthz").1);
        assert!(start.elapsed() < Duration::from_secs(60), "the polls stopped with the API server");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    world.start_api_server().await;

    world.until_health("shop", "Degraded").await;
    world.until_event("Warning", "HealthDegraded").await;
    world.declare("new", &json!({"appId": "demo-shop"})).await;
    world.until_health("new", "Degraded").await;
    let changes: Vec<Value> =
        transitions(&world.watch("shop").await).iter().map(|one| one["to"].clone()).collect();
    assert_eq!(changes, ["Degraded", "Healthy"]);
    assert!(operator.log().contains("too old resource version"), "{}", operator.log());
}

/// How long the API server answers nobody.
const FROZEN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_api_server_that_is_frozen_for_a_minute_costs_nothing_but_time() {
    let cluster = ControlPlane::start().await.unwrap();
    let server = cluster.api_server_pid().unwrap().to_string();
    install_crd(&cluster, include_str!("../../../crds/saeappwatches.yaml")).await;
    let world = World::on(Arc::new(cluster)).await;
    shop(&world);
    let operator = world.operator();
    let pages = Pages::of(&operator).await;
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world.until_health("shop", "Healthy").await;

    signal("-STOP", &server);
    world.sae.update("demo-shop", |app| app.instance(0).crash());
    world.sae.clear_calls();
    tokio::time::sleep(FROZEN).await;
    assert_eq!(pages.get("/healthz").0, 200, "{}", pages.get("/healthz").1);
    let polls = world.sae.calls().len();
    signal("-CONT", &server);
    assert!(polls >= 3, "{polls} polls in a minute");

    world.until_health("shop", "Degraded").await;
    world.sae.update("demo-shop", |app| app.instance(0).recover());
    let watch = world.until_health("shop", "Healthy").await;
    let changes: Vec<&Value> = transitions(&watch).iter().map(|one| &one["to"]).collect();
    assert_eq!(changes, ["Healthy", "Degraded", "Healthy"], "{watch:#}");
    world.until_event("Normal", "HealthRecovered").await;
    assert_told_once(&world, &["InstancesCrashLooping", "HealthDegraded", "HealthRecovered"]).await;
}

fn signal(signal: &str, pid: &str) {
    assert!(std::process::Command::new("kill").args([signal, pid]).status().unwrap().success());
}

fn transitions(watch: &Value) -> &[Value] {
    watch["status"]["recentTransitions"].as_array().unwrap()
}

/// Asserts that each of these reasons was told once.
async fn assert_told_once(world: &World, reasons: &[&str]) {
    let events = world.events().await;
    for reason in reasons {
        let told = events.iter().filter(|(_, told, _)| told == reason).count();
        assert_eq!(told, 1, "{reason}: {events:#?}");
    }
}

/// The operator with a token in a file, as the kubelet brings it.
async fn with_token_file(world: &World) -> (Operator, std::path::PathBuf) {
    let admin = format!("{}:keeper", world.namespace);
    let bind = ["create", "rolebinding", "keeper", "--clusterrole=cluster-admin", "--serviceaccount", &admin];
    world.kubectl(&bind).await;
    let (mut kubeconfig, token) = kubeconfig_and_token(world).await;
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-token", world.namespace));
    std::fs::write(&file, token).unwrap();
    kubeconfig["users"][0]["user"] = json!({"tokenFile": file});
    let path = file.with_extension("kubeconfig");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    let mut command = world.command();
    command.env("KUBECONFIG", path);
    (Operator::start(command), file)
}

async fn kubeconfig_and_token(world: &World) -> (Value, String) {
    let path = cluster().await.service_account_kubeconfig(&world.namespace, "keeper").await.unwrap();
    let kubeconfig: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let token = kubeconfig["users"][0]["user"]["token"].as_str().unwrap().to_owned();
    (kubeconfig, token)
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_is_replaced_by_the_one_that_the_kubelet_brings() {
    let world = World::new().await;
    shop(&world);
    let (operator, file) = with_token_file(&world).await;
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    world.until_health("shop", "Healthy").await;

    // Another account of the same name: the tokens of the old one are void.
    world.kubectl(&["delete", "serviceaccount", "keeper"]).await;
    world.sae.update("demo-shop", |app| app.instance(0).crash());
    operator.until_logged("Unauthorized").await;
    let (_, token) = kubeconfig_and_token(&world).await;
    std::fs::write(&file, token).unwrap();
    world.until_health("shop", "Degraded").await;
}
