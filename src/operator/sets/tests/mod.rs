//! The controller of sets with an API server and an SAE that a test writes the script of.

mod cluster;
mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::time::Duration;

use self::world::World;

fn condition(status: &Value, of: &str) -> Value {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    conditions.filter(|one| one["type"] == of).map(|one| json!([one["status"], one["reason"]])).collect()
}

#[tokio::test(start_paused = true)]
async fn each_application_gets_a_watch_once_and_no_second_sees_more_than_20() {
    let world = World::new(60);
    world.declare("all", &json!({}));
    world.seconds(30).await;
    let applied = world.cluster.applied();
    assert_eq!((applied.len(), applied.iter().collect::<BTreeSet<_>>().len()), (60, 60));
    let applies = world.cluster.state().applies.clone();
    for (nth, (first, _)) in applies.iter().enumerate() {
        let within = applies[nth..].iter().take_while(|(at, _)| *at - *first <= Duration::from_secs(1));
        assert!(within.count() <= 20);
    }
    world.seconds(1800).await;
    assert_eq!(world.cluster.applied().len(), 60, "nothing changes");
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Ready"), json!([["True", "Listed"]]), "{status:#}");
    assert_eq!((&status["applications"], &status["watches"]), (&json!(60), &json!(60)), "{status:#}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_applied_before_all_watches_are_known() {
    let world = World::new(3);
    world.declare("all", &json!({}));
    world.seconds(10).await;
    let watches: Vec<Value> = world.cluster.state().watches.values().cloned().collect();
    assert_eq!(watches.len(), 3);
    let next = world.restarted_without_watches();
    next.declare("all", &json!({}));
    next.seconds(600).await;
    assert_eq!(next.cluster.applied().len(), 3);
    for watch in &watches {
        next.stream(watch);
    }
    next.list_watches();
    next.seconds(600).await;
    assert_eq!(next.cluster.applied().len(), 3, "they are there already");
}

#[tokio::test(start_paused = true)]
async fn a_changed_template_reaches_every_watch_once() {
    let world = World::new(5);
    world.declare("all", &json!({}));
    world.seconds(10).await;
    world.declare("all", &json!({"template": {"spec": {"interval": "2m"}}}));
    world.seconds(600).await;
    assert_eq!(world.cluster.applied().len(), 10);
    let state = world.cluster.state();
    assert!(state.watches.values().all(|watch| watch["spec"]["interval"] == "2m"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_refused_does_not_stop_the_others_and_the_status_says_why() {
    let world = World::new(40);
    let refused = world.name_of(7).await;
    world.cluster.state().refused.insert(refused.clone(), 422);
    world.declare("all", &json!({}));
    world.seconds(30).await;
    assert_eq!(world.cluster.state().watches.len(), 39);
    world.seconds(600).await;
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Ready"), json!([["False", "ApplyFailed"]]), "{status:#}");
    assert!(status.to_string().contains("a policy says no"), "{status:#}");
    assert_eq!(world.cluster.state().events, ["ApplyFailed"]);
    let tries = world.cluster.applied().iter().filter(|name| **name == refused).count();
    assert!((10..20).contains(&tries), "{tries}");
    world.cluster.state().refused.clear();
    world.seconds(120).await;
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Ready"), json!([["True", "Listed"]]), "{status:#}");
    assert_eq!(world.cluster.state().events, ["ApplyFailed", "Listed"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_still_refused_is_no_news_after_a_restart_or_a_change() {
    let world = World::new(3);
    let refused = world.name_of(1).await;
    world.cluster.state().refused.insert(refused, 422);
    world.declare("all", &json!({}));
    world.seconds(120).await;
    let watches: Vec<Value> = world.cluster.state().watches.values().cloned().collect();
    let next = world.restarted_without_watches();
    for watch in &watches {
        next.stream(watch);
    }
    next.list_watches();
    next.bring("all");
    for second in 0..180 {
        if second == 90 {
            next.declare("all", &json!({"limit": 100}));
        }
        next.seconds(1).await;
        let ready = condition(&next.cluster.status("all"), "Ready");
        assert_eq!(ready, json!([["False", "ApplyFailed"]]), "after {second} s");
    }
    assert_eq!(next.cluster.state().events, ["ApplyFailed"]);
    next.cluster.state().refused.clear();
    next.seconds(120).await;
    assert_eq!(next.cluster.state().events, ["ApplyFailed", "Listed"]);
    assert_eq!(next.cluster.status("all")["observedGeneration"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_missing_account_is_an_event_after_a_minute_though_nothing_is_written_then() {
    let world = World::new(1);
    world.declare("all", &json!({"accountRef": {"name": "prod"}}));
    world.seconds(50).await;
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Ready"), json!([["False", "AccountNotFound"]]), "{status:#}");
    assert!(world.cluster.state().events.is_empty());
    world.seconds(15).await;
    assert_eq!(world.cluster.state().events, ["AccountNotFound"]);
    world.seconds(3600).await;
    assert_eq!(world.cluster.state().events, ["AccountNotFound"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_cannot_be_made_keeps_no_other_from_being_changed() {
    let world = World::new(5);
    let refused = world.name_of(3).await;
    world.cluster.state().refused.insert(refused.clone(), 403);
    world.declare("all", &json!({}));
    world.seconds(60).await;
    assert_eq!(world.cluster.state().events, ["ApplyFailed"]);
    world.declare("all", &json!({"template": {"spec": {"interval": "2m"}}}));
    world.seconds(30).await;
    let state = world.cluster.state();
    assert_eq!(state.watches.len(), 4);
    assert!(state.watches.values().all(|watch| watch["spec"]["interval"] == "2m"));
    assert_eq!(state.events, ["ApplyFailed"], "it fails all the while");
}

#[tokio::test(start_paused = true)]
async fn what_a_webhook_changes_is_not_applied_again_and_again() {
    let world = World::new(2);
    world.cluster.state().has_webhook = true;
    world.declare("all", &json!({"template": {"metadata": {"labels": {"team": "shop"}}}}));
    world.seconds(3600).await;
    let applies = world.cluster.applied().len();
    assert!(applies <= 4, "{applies}");
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Ready"), json!([["False", "ApplyFailed"]]), "{status:#}");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_suspended_or_deleted_changes_nothing() {
    for is_deleted in [false, true] {
        let world = World::new(100);
        world.declare("all", &json!({}));
        world.seconds(4).await;
        let before = world.cluster.applied().len();
        assert!((20..90).contains(&before), "{before}");
        if is_deleted {
            world.delete("all");
        } else {
            world.declare("all", &json!({"suspend": true}));
        }
        world.seconds(1800).await;
        let under_way = world.cluster.applied().len() - before;
        assert!(under_way <= 4, "{under_way}");
        assert_eq!(world.readers(), 0, "no list is read");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_another_watch_has_is_a_conflict_until_that_is_gone() {
    let world = World::new(3);
    let name = world.name_of(1).await;
    let watch = world.cluster.watch(&name, &json!({}));
    world.stream(&watch);
    world.declare("all", &json!({}));
    world.seconds(120).await;
    assert_eq!((world.cluster.applied().len(), &world.cluster.status("all")["conflicts"]), (2, &json!(1)));
    world.cluster.state().watches.remove(&name);
    world.forget(&name);
    world.seconds(5).await;
    assert_eq!(world.cluster.applied().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_the_label_selector_leaves_out_is_not_taken() {
    let world = World::with_selector(3, "team", "shop");
    let name = world.name_of(1).await;
    world.cluster.watch(&name, &json!({}));
    world.declare("all", &json!({"template": {"metadata": {"labels": {"team": "shop"}}}}));
    world.seconds(120).await;
    assert!(!world.cluster.applied().contains(&name));
    assert_eq!((world.cluster.applied().len(), &world.cluster.status("all")["conflicts"]), (2, &json!(1)));
    world.declare("all", &json!({}));
    world.seconds(120).await;
    let status = world.cluster.status("all");
    assert_eq!(condition(&status, "Stalled"), json!([["True", "InvalidSpec"]]), "{status:#}");
}

#[tokio::test(start_paused = true)]
async fn a_namesake_that_was_made_meanwhile_is_left_alone() {
    let world = World::new(2);
    world.declare("all", &json!({}));
    world.seconds(10).await;
    // One of its watches is replaced by hand, and the watch stream has not brought it yet.
    let name = world.name_of(0).await;
    let replaced = world.cluster.watch(&name, &json!({}));
    world.declare("all", &json!({"template": {"spec": {"suspend": true}}}));
    world.seconds(30).await;
    assert_eq!(world.cluster.state().watches[&name], replaced);
    world.stream(&replaced);
    world.seconds(120).await;
    assert_eq!(world.cluster.state().watches[&name], replaced);
    let status = world.cluster.status("all");
    assert_eq!((&status["watches"], &status["conflicts"]), (&json!(1), &json!(1)), "{status:#}");
    assert_eq!(condition(&status, "Ready"), json!([["True", "Listed"]]), "{status:#}");
}
