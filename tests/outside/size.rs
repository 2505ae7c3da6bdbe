//! A large application: what is stored of it stays far below what etcd takes, and is exact.

use serde_json::json;

use crate::support::World;
use sae_simulator::Application;

/// The most that etcd takes of one object, by default.
const ETCD: usize = 1536 * 1024;

#[tokio::test]
async fn two_thousand_instances_are_counted_and_the_worst_two_hundred_listed() {
    let world = World::new().await;
    world.sae.put_application(
        Application::new("demo-big").group("g-1", 1000).running(1000).group("g-2", 1000).running(1000),
    );
    world.sae.update("demo-big", |app| {
        app.instance(1999).crash();
        app.instance(1998).fail_readiness();
    });
    let _operator = world.operator();
    world.declare("big", &json!({"appId": "demo-big", "instances": {"limit": 200}})).await;
    let watch = world.until_health("big", "Degraded").await;
    let status = &watch["status"];
    assert_eq!(
        status["counts"],
        json!({
            "desired": 2000, "total": 2000, "ready": 1998, "starting": 0, "unhealthy": 1, "failing": 1,
            "terminating": 0, "unknown": 0, "missing": 0, "restarts": 1,
        })
    );
    let instances = status["instances"].as_array().unwrap();
    let states: Vec<&str> = instances.iter().map(|instance| instance["state"].as_str().unwrap()).collect();
    assert_eq!((&states[..3], states.len()), (&["Failing", "Unhealthy", "Ready"][..], 200));
    assert_eq!((&status["instancesOmitted"], &status["readyInstances"]), (&json!(1800), &json!("1998/2000")));
    let groups: Vec<_> = status["groups"].as_array().unwrap().iter().map(|group| &group["total"]).collect();
    assert_eq!(groups, [1000, 1000]);

    let all = ["get", "saeappwatch", "big", "-o", "json", "--show-managed-fields"];
    let bytes = world.kubectl(&all).await.len();
    assert!(bytes < ETCD / 2, "{bytes} bytes");
}
