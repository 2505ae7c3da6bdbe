//! Somebody edits a status by hand, and the next poll puts it right; on the real API server, which alone knows what a
//! patch leaves behind.

use serde_json::{Value, json};

use crate::support::{World, condition};
use sae_simulator::Application;

/// What a watch says, without when it was observed and how often it was asked.
fn said(watch: &Value) -> Value {
    let mut status = watch["status"].clone();
    for field in ["observedAt", "staleAfter", "lastHandledRequest"] {
        status[field].take();
    }
    status
}

#[tokio::test]
async fn a_status_edited_by_hand_is_put_right_by_the_next_poll_and_nothing_of_the_edit_stays() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    let watch = world.until_health("shop", "Healthy").await;

    let mut stalled = condition(&watch, "Ready").clone();
    stalled["type"] = json!("Stalled");
    let group = json!({"id": "g-9", "total": 9, "ready": 9});
    let damage = json!({"status": {
        "readyInstances": "99/99", "effectiveInterval": "1h", "memory": {"streak": {"health": "Unhealthy", "polls": 7}},
        "instances": [], "counts": {"unknown": 7},
        "groups": [group, watch["status"]["groups"][0]],
        "conditions": [stalled, condition(&watch, "Ready"), condition(&watch, "AppHealthy")],
    }});
    let patch = ["patch", "saeappwatch", "shop", "--subresource=status", "--type=merge", "-p"];
    world.kubectl(&[&patch[..], &[&damage.to_string()]].concat()).await;

    world.request_poll("shop").await;
    world.until("shop", "its own status back", |after| said(after) == said(&watch)).await;
}
