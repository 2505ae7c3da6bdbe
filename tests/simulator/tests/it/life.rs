//! What can happen to an application while it is watched.

use sae_simulator::{Application, Simulator};

use crate::client::instances;
use crate::fixtures::shop;

/// Container status, health and restarts of all instances, as SAE shows them.
async fn seen(sim: &Simulator) -> Vec<(String, String, u64)> {
    let reply = instances(sim, "demo-shop").reply().await;
    let instances = reply.body["Data"]["Instances"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let row = |instance: &serde_json::Value| {
        (
            text(&instance["InstanceContainerStatus"]),
            text(&instance["InstanceHealthStatus"]),
            instance["InstanceContainerRestarts"].as_u64().unwrap(),
        )
    };
    instances.iter().map(row).collect()
}

fn row(container: &str, health: &str, restarts: u64) -> (String, String, u64) {
    (container.to_owned(), health.to_owned(), restarts)
}

#[tokio::test]
async fn an_instance_crashes_and_recovers() {
    let sim = shop(2);
    sim.update("demo-shop", |app| app.instance(0).crash());
    assert_eq!(seen(&sim).await, [row("CrashLoopBackOff", "Unhealthy", 1), row("Running", "Healthy", 0)]);
    sim.update("demo-shop", |app| app.instance(0).recover());
    assert_eq!(seen(&sim).await.iter().filter(|(status, ..)| status == "Running").count(), 2);
}

#[tokio::test]
async fn each_trouble_has_its_documented_words() {
    type Trouble = fn(&mut Application);
    let troubles: [(Trouble, _); 7] = [
        (|app| app.instance(0).fail_image_pull(), row("ImagePullBackOff", "NotCheckedYet", 0)),
        (|app| app.instance(0).fail_readiness(), row("Running", "ReadinessUnhealthy", 0)),
        (|app| app.instance(0).fail_liveness(), row("Running", "LivenessUnhealthy", 0)),
        (|app| app.instance(0).run_out_of_memory(), row("OOMKilled", "Unhealthy", 1)),
        (|app| app.instance(0).wait_for_scheduling(), row("Pending", "NotCheckedYet", 0)),
        (|app| app.instance(0).restart(), row("Running", "Healthy", 1)),
        (|app| app.instance(0).start(), row("Running", "NotCheckedYet", 0)),
    ];
    for (trouble, expected) in troubles {
        let sim = shop(1);
        sim.update("demo-shop", trouble);
        assert_eq!(seen(&sim).await, [expected]);
    }
}

#[tokio::test]
async fn an_application_without_probes_never_claims_health() {
    let sim = shop(0);
    sim.put_application(Application::new("demo-shop").without_health_check().group("g-1", 1).running(1));
    assert_eq!(seen(&sim).await, [row("Running", "WithoutHealthCheckConfig", 0)]);
}

#[tokio::test]
async fn scaling_adds_waiting_instances_and_takes_the_newest_away() {
    let sim = shop(2);
    sim.update("demo-shop", |app| app.scale("g-1", 4));
    let waiting = seen(&sim).await.iter().filter(|(status, ..)| status == "Pending").count();
    assert_eq!(waiting, 2);
    sim.update("demo-shop", Application::settle);
    assert_eq!(seen(&sim).await, vec![row("Running", "Healthy", 0); 4]);

    sim.update("demo-shop", |app| app.scale("g-1", 1));
    let leaving = seen(&sim).await.iter().filter(|(status, ..)| status == "Terminating").count();
    assert_eq!(leaving, 3);
    sim.update("demo-shop", Application::settle);
    assert_eq!(seen(&sim).await.len(), 1);
}

#[tokio::test]
async fn a_stopped_application_has_no_instances_until_it_is_started() {
    let sim = shop(2);
    sim.update("demo-shop", Application::stop);
    assert!(seen(&sim).await.is_empty());
    sim.update("demo-shop", Application::start);
    assert_eq!(seen(&sim).await, vec![row("Pending", "NotCheckedYet", 0); 2]);
}

#[tokio::test]
async fn a_rolling_deploy_replaces_one_instance_after_the_other() {
    let sim = shop(2);
    let pipeline = sim.update("demo-shop", |app| app.deploy("demo/shop:v2"));
    let mut story = Vec::new();
    while sim.update("demo-shop", Application::step) {
        story.push(seen(&sim).await.into_iter().map(|(status, ..)| status).collect::<Vec<_>>().join(" "));
    }
    let (arrives, runs, gone) =
        ("PodInitializing Running Running", "Terminating Running Running", "Running Running");
    assert_eq!(story, [arrives, runs, gone, arrives, runs, gone]);
    let app = sim.application("demo-shop").unwrap();
    assert!(app.instances().all(|one| one.image_url == "demo/shop:v2" && one.pipeline_id == pipeline));
}

#[tokio::test]
async fn every_instance_has_a_name_and_an_address_of_its_own() {
    let app = Application::new("big").group("g-1", 3_000).running(3_000);
    let names: std::collections::BTreeSet<_> = app.instances().map(|one| one.instance_id.clone()).collect();
    let addresses: std::collections::BTreeSet<_> =
        app.instances().map(|one| one.instance_container_ip.clone()).collect();
    assert_eq!((names.len(), addresses.len()), (3_000, 3_000));
}

#[tokio::test]
async fn a_removed_application_is_not_found() {
    let sim = shop(1);
    assert!(sim.remove_application("demo-shop"));
    assert!(!sim.remove_application("demo-shop"));
    assert_eq!(instances(&sim, "demo-shop").reply().await.verdict(), (404, "InvalidAppId.NotFound"));
}

#[test]
#[should_panic(expected = "instance 5 of an application with 1")]
fn a_test_that_names_an_instance_there_is_not_is_told_so() {
    shop(1).update("demo-shop", |app| app.instance(5).crash());
}
