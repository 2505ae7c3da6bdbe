//! Where no event can be written, a metric says so and the status is what it would be.

use serde_json::json;

use crate::pages::Pages;
use crate::support::{World, condition};
use sae_simulator::Application;

#[tokio::test]
async fn a_namespace_that_is_going_takes_no_events_and_its_watches_go_on() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 4).running(4));
    let operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    world.until_health("shop", "Healthy").await;

    world.kubectl(&["delete", "namespace", &world.namespace, "--wait=false"]).await;
    world.sae.update("demo-shop", |app| app.instance(2).crash());
    world.request_poll("shop").await;
    let watch = world.until_health("shop", "Degraded").await;
    assert_eq!(condition(&watch, "Ready")["status"], "True");
    assert_eq!(world.events().await, []);
    let scrape = Pages::of(&operator).await.scrape();
    for reason in ["HealthDegraded", "InstancesCrashLooping", "RefreshHandled"] {
        let failed = [("reason", reason), ("outcome", "error")];
        assert_eq!(scrape.value("saewatch_events_total", &failed), Some(1.0), "{reason}");
    }
}
