//! Of which application a diagnosis is, and of which namespace its events are asked for.

use saewatch::sae::Class;
use serde_json::json;

use crate::diagnosis::assert_is_whole;
use crate::sae::history::History;
use crate::sae::{Application, GROUP, ListTrouble, error, instance};
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_namespace_that_the_status_says_serves_a_new_target_and_a_new_process() {
    for restarts in [false, true] {
        let mut world = World::diagnosing(true).await;
        assert_eq!(world.cluster.get("shop")["status"]["namespaceId"], "cn-hangzhou:prod");
        world.sae.trouble_lists(1, ListTrouble::Fail(error(Class::Denied, "NoPermission")));
        if restarts {
            world.kill();
            world.start();
        } else {
            world.cluster.edit_spec("shop", &json!({"groupIds": [GROUP]}));
        }
        world.minutes(1).await;
        world.break_down(1);
        world.minutes(4).await;
        assert_is_whole(&world.diagnosis("shop"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_diagnosis_of_another_application_goes_at_once() {
    let mut world = World::diagnosing(true).await;
    world.run_deployed("app-2");
    world.break_down(1);
    world.minutes(3).await;
    assert_is_whole(&world.diagnosis("shop"));
    world.cluster.edit_spec("shop", &json!({"appId": "app-2"}));
    world.minutes(2).await;
    assert_eq!(world.cluster.get("shop")["status"]["appId"], "app-2");
    for (at, _, status) in world.cluster.stored() {
        assert!(status["appId"] != "app-2" || status["diagnosis"].is_null(), "{at}: {status}");
    }
    assert_eq!(world.asked("app-2"), []);
}

#[tokio::test(start_paused = true)]
async fn sae_is_not_asked_about_an_application_that_no_poll_has_seen_under_its_name() {
    let mut world = World::new();
    world.diagnoses = true;
    world.run_deployed("app-1");
    let call_shop = |app: &mut Application| app.name = Some("shop".into());
    world.sae.change("app-1", call_shop);
    world.cluster.create("shop", &json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod"}));
    world.start();
    world.minutes(2).await;
    // It is unwell twice within ten minutes, so that the second time is not asked about yet.
    for (failing, minutes) in [(1, 2), (0, 2), (1, 2)] {
        world.break_down(failing);
        world.minutes(minutes).await;
    }
    assert_eq!(
        (world.asked("app-1").len(), world.cluster.get("shop")["status"]["health"].take()),
        (1, json!("Degraded"))
    );
    world.run_deployed("app-2");
    world.sae.change("app-2", call_shop);
    world.sae.fail_for("app-2", error(Class::Transient(None), "Application.InvalidStatus"));
    world.sae.delete("app-1");
    world.minutes(15).await;
    assert_eq!(world.cluster.get("shop")["status"]["appId"], "app-1", "nothing is known of the other one");
    assert!(world.sae.calls().iter().any(|call| call.app == "app-2"));
    assert_eq!(world.asked("app-2"), []);

    world.sae.mend();
    world.minutes(3).await;
    world.sae.set_history("app-2", History::failed_deploy(world.clock.now()));
    world.sae.change("app-2", |app| app.instances[0] = instance("i-0", "Error"));
    world.minutes(4).await;
    assert_eq!(world.asked("app-2").len(), 1);
    assert_is_whole(&world.diagnosis("shop"));
}
