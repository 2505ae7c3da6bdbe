//! Applications by name: a name is resolved exactly, followed to another application, and learnt for one that is watched
//! by id.

use serde_json::{Value, json};

use crate::support::{World, condition};
use sae_simulator::{Application, Operation};

/// An application with this name and as many instances.
fn named(id: &str, name: &str, instances: usize) -> Application {
    Application::new(id).named(name).group("g-1", instances).running(instances)
}

/// Waits until a watch shows the application of this id as Healthy, and returns it.
async fn until_healthy_as(world: &World, watch: &str, id: &str) -> Value {
    let is_so = |watch: &Value| watch["status"]["appId"] == id && watch["status"]["health"] == "Healthy";
    world.until(watch, &format!("{id} healthy"), is_so).await
}

#[tokio::test]
async fn an_application_that_is_deleted_and_made_again_under_its_name_is_followed() {
    let world = World::new().await;
    world.sae.put_application(named("first", "shop", 3));
    let _operator = world.operator();
    world.declare("shop", &json!({"appName": "shop", "interval": "15s"})).await;
    let watch = until_healthy_as(&world, "shop", "first").await;
    assert_eq!(watch["status"]["app"], "shop");
    assert_eq!(watch["status"]["appName"], "shop");
    assert_eq!(watch["status"]["namespaceId"], "cn-hangzhou");
    assert_eq!(watch["status"]["readyInstances"], "3/3");

    world.sae.remove_application("first");
    world.sae.put_application(named("second", "shop", 2));
    let watch = until_healthy_as(&world, "shop", "second").await;
    assert_eq!(watch["status"]["readyInstances"], "2/2");
    assert_eq!(condition(&watch, "Ready")["status"], "True");
    // Two applications are not compared: nothing was scaled, and no version changed.
    let events = world.events().await;
    let compares = |reason: &str| ["InstancesScaled", "VersionChanged", "HealthDegraded"].contains(&reason);
    assert!(!events.iter().any(|(_, reason, _)| compares(reason)), "{events:#?}");
}

#[tokio::test]
async fn a_name_is_resolved_once_and_not_again_after_a_restart() {
    let world = World::new().await;
    world.sae.put_application(named("first", "shop", 1));
    let spec = json!({"appName": "shop", "interval": "15s"});
    let operator = world.operator();
    world.declare("shop", &spec).await;
    until_healthy_as(&world, "shop", "first").await;
    let (status, _) = operator.terminate();
    assert!(status.success(), "{status}");
    assert_eq!(world.sae.calls_of(Operation::ListApplications).len(), 1);

    world.sae.deny(Operation::ListApplications, "Forbidden.RAM");
    let _operator = world.operator();
    world.request("shop", "after the restart").await;
    let is_served = |watch: &Value| watch["status"]["lastHandledRequest"] == "after the restart";
    let watch = world.until("shop", "its token back", is_served).await;
    assert_eq!(condition(&watch, "Ready")["status"], "True");
    assert_eq!(watch["status"]["app"], "shop");
    assert_eq!(world.sae.calls_of(Operation::ListApplications).len(), 1);
}

#[tokio::test]
async fn a_name_that_only_others_resemble_is_not_found() {
    let world = World::new().await;
    world.sae.put_application(named("longer", "shop-eu", 1));
    world.sae.put_application(named("capital", "Shop", 1));
    let mut elsewhere = named("elsewhere", "shop", 1);
    elsewhere.namespace = "cn-hangzhou:prod".to_owned();
    world.sae.put_application(elsewhere);
    let _operator = world.operator();
    world.declare("shop", &json!({"appName": "shop"})).await;
    world.declare("prod", &json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod"})).await;

    let watch = until_healthy_as(&world, "prod", "elsewhere").await;
    assert_eq!(watch["status"]["namespaceId"], "cn-hangzhou:prod");
    assert_eq!(watch["status"]["region"], "cn-hangzhou");
    let watch = world.until_ready("shop", "False", "AppNotFound").await;
    let message = condition(&watch, "Ready")["message"].as_str().unwrap();
    assert!(message.contains("shop") && message.contains("cn-hangzhou"), "{message}");
    assert_eq!(condition(&watch, "Stalled")["status"], "True");
    assert_eq!(watch["status"]["app"], "shop");
    assert!(watch["status"]["appId"].is_null(), "{watch:#}");
}

#[tokio::test]
async fn the_name_of_an_application_watched_by_id_is_shown_and_selects_it() {
    let world = World::new().await;
    world.sae.put_application(named("0099b7be", "shop", 1));
    world.sae.put_application(named("b2a8a925", "catalog", 1));
    let _operator = world.operator();
    world.declare("by-id", &json!({"appId": "0099b7be"})).await;
    world.until("by-id", "a name", |watch| watch["status"]["app"] == "shop").await;
    world.declare("by-name", &json!({"appName": "catalog"})).await;
    until_healthy_as(&world, "by-name", "b2a8a925").await;

    let row = world.kubectl(&["get", "saw", "by-id", "--no-headers"]).await;
    assert_eq!(row.split_whitespace().nth(1), Some("shop"), "{row}");
    let wide = world.kubectl(&["get", "saw", "by-id", "-o", "wide", "--no-headers"]).await;
    assert!(wide.split_whitespace().any(|cell| cell == "0099b7be"), "{wide}");
    for (selector, name) in [("status.app=shop", "by-id"), ("spec.appName=catalog", "by-name")] {
        let names = world.kubectl(&["get", "saw", "--field-selector", selector, "-o", "name"]).await;
        assert_eq!(names.trim(), format!("saeappwatch.saewatch.dev/{name}"));
    }
    world.sae.update("0099b7be", |app| app.instance(0).crash());
    world.request_poll("by-id").await;
    let note = world.until_event("Warning", "HealthDegraded").await;
    assert!(note.starts_with("app shop (cn-hangzhou): "), "{note}");
}

#[tokio::test]
async fn without_the_right_to_list_ids_are_shown_and_only_a_name_without_an_id_is_denied() {
    let world = World::new().await;
    world.sae.put_application(named("0099b7be", "shop", 2));
    world.sae.deny(Operation::ListApplications, "Forbidden.RAM");
    let _operator = world.operator();
    world.declare("by-id", &json!({"appId": "0099b7be"})).await;
    world.declare("by-name", &json!({"appName": "shop"})).await;

    let denied = world.until_ready("by-name", "False", "AccessDenied").await;
    assert_eq!(condition(&denied, "Stalled")["status"], "True");
    assert_eq!(denied["status"]["app"], "shop");
    let message = condition(&denied, "Ready")["message"].as_str().unwrap();
    assert!(message.contains("sae:ListApplications"), "{message}");
    let watch = until_healthy_as(&world, "by-id", "0099b7be").await;
    assert_eq!(watch["status"]["app"], "0099b7be");
    assert_eq!(condition(&watch, "Ready")["status"], "True");
    assert!(condition(&watch, "Stalled").is_null(), "{watch:#}");
}
