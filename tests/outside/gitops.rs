//! A watch in Git: nothing of what was declared is ever rewritten, and Helm waits for the first answer of SAE.

use std::path::Path;
use std::time::{Duration, Instant};

use sae_simulator::Application;

use crate::sets;
use crate::support::{Operator, World, cluster, condition};

/// A chart that holds nothing but a watch.
fn chart(folder: &Path, app: &str) {
    std::fs::create_dir(folder.join("templates")).unwrap();
    std::fs::write(folder.join("Chart.yaml"), "{apiVersion: v2, name: watch, version: 0.1.0}").unwrap();
    let watch = format!(
        "{{apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {{name: shop}}, spec: {{appId: {app}}}}}"
    );
    std::fs::write(folder.join("templates/watch.yaml"), watch).unwrap();
}

/// `helm install --wait` of a chart with a watch on this application.
async fn install(world: &World, app: &str) -> devcluster::Output {
    let folder = tempfile::tempdir().unwrap();
    chart(folder.path(), app);
    let path = folder.path().to_str().unwrap();
    let install =
        ["install", "watch", path, "--namespace", &world.namespace, "--wait=watcher", "--timeout", "60s"];
    cluster().await.helm(&install).await.unwrap()
}

#[tokio::test]
async fn after_ten_polls_nothing_of_what_was_declared_has_changed() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.sae.put_application(Application::new("demo-pay").group("g-1", 1).group("g-2", 1).running(2));
    // The set of the example means the applications of this namespace of SAE.
    let of_team = Application::new("demo-cart").in_namespace(&format!("cn-hangzhou:{}", world.namespace));
    world.sae.put_application(of_team.group("g-1", 1).running(1));
    let mut command = world.command();
    command.arg("--watch-sets");
    let _operator = Operator::start(command);
    let built = cluster().await.kubectl(&["kustomize", "gitops/example/watches"]).await.unwrap();
    let declared = built.checked().unwrap().replace("team-a", &world.namespace);
    let apply = ["apply", "--server-side", "-f", "-"];
    cluster().await.kubectl_with_input(&apply, &declared).await.unwrap().checked().unwrap();

    for name in ["shop", "pay"] {
        world.until_health(name, "Healthy").await;
        for _ in 0..10 {
            world.request_poll(name).await;
            let watch = world.watch(name).await;
            let token = watch["metadata"]["annotations"]["saewatch.dev/requested-at"].clone();
            world.until(name, "its poll", |watch| watch["status"]["lastHandledRequest"] == token).await;
        }
        world.kubectl(&["annotate", "saeappwatch", name, "saewatch.dev/requested-at-"]).await;
    }

    sets::until_all(&world, 1, "a watch of the set", |watch| watch["status"]["health"] == "Healthy").await;
    sets::until_ready_as(&world, &world.namespace, "Listed", "").await;
    let diff = ["diff", "--server-side", "-f", "-"];
    let difference = cluster().await.kubectl_with_input(&diff, &declared).await.unwrap();
    assert_eq!(difference.checked().unwrap(), "");
}

#[tokio::test]
async fn helm_waits_for_the_first_answer() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    let waiting = tokio::spawn({
        let namespace = world.namespace.clone();
        async move {
            // Nobody looks yet, and Helm must not take that for done.
            tokio::time::sleep(Duration::from_secs(3)).await;
            let get = ["get", "saeappwatch", "shop", "--namespace", &namespace, "-o", "jsonpath={.status}"];
            cluster().await.kubectl(&get).await.unwrap().checked().unwrap()
        }
    });
    let start = Instant::now();
    let (installed, _operator) = tokio::join!(install(&world, "demo-shop"), async {
        let unseen = waiting.await.unwrap();
        assert_eq!(unseen, r#"{"observedGeneration":-1}"#);
        world.operator()
    });
    installed.checked().unwrap();
    assert!(start.elapsed() > Duration::from_secs(3));
    assert_eq!(condition(&world.watch("shop").await, "Ready")["status"], "True");
}

#[tokio::test]
async fn helm_fails_at_once_when_sae_refuses_for_good() {
    let world = World::new().await;
    let _operator = world.operator();
    let start = Instant::now();
    let failed = install(&world, "no-such-application").await;
    assert!(!failed.status.success(), "{}", failed.stdout);
    assert!(start.elapsed() < Duration::from_secs(30), "after {:?}: {}", start.elapsed(), failed.stderr);
    assert_eq!(condition(&world.watch("shop").await, "Stalled")["reason"], "AppNotFound");
}
