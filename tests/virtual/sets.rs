//! Sets over hours: what appears is watched, what goes is an orphan and stays, and a list that does not say all changes
//! nothing (contract §15.1).

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use saewatch::sae::Class;
use serde_json::{Value, json};

use crate::cluster::{Call, Plan, Trouble, Verb};
use crate::sae::{Application, ListTrouble, error};
use crate::world::{World, on_a_paused_clock};

/// An application with a name.
pub fn named(name: &str) -> Application {
    Application { name: Some(name.into()), namespace: Some("cn-hangzhou".into()), ..Application::healthy(1) }
}

/// A world with so many applications and a set of all of them, which are polled rarely.
pub fn with_set(applications: usize) -> World {
    let mut world = World::new();
    world.follows_sets = true;
    for number in 0..applications {
        world.sae.run(&format!("app-{number}"), named(&format!("shop-{number}")));
    }
    world.cluster.declare_set("all", &json!({"template": {"spec": {"interval": "1h"}}}));
    world
}

/// The watches by the application that they name.
pub fn by_app(world: &World) -> BTreeMap<String, Value> {
    let app = |watch: &Value| watch["spec"]["appId"].as_str().unwrap().to_owned();
    world.cluster.watches().into_iter().map(|watch| (app(&watch), watch)).collect()
}

/// What the set declared of each watch: all but the status and what comes with each write.
pub fn declared(world: &World) -> BTreeMap<String, Value> {
    let mut watches = by_app(world);
    for watch in watches.values_mut() {
        watch["status"].take();
        watch["metadata"]["resourceVersion"].take();
    }
    watches
}

fn status(world: &World) -> Value {
    world.cluster.set("all")["status"].take()
}

/// Ready's status and reason.
pub fn ready(world: &World) -> String {
    let status = status(world);
    let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().find(|one| one["type"] == "Ready");
    ready.map_or_else(
        || "absent".into(),
        |ready| format!("{} {}", ready["status"].as_str().unwrap(), ready["reason"].as_str().unwrap()),
    )
}

/// The applies so far.
fn applies(world: &World) -> Vec<Call> {
    world.cluster.calls().into_iter().filter(|call| call.verb == Verb::Apply).collect()
}

#[tokio::test(start_paused = true)]
async fn each_application_has_a_watch_and_its_first_answer() {
    let mut world = with_set(15);
    world.start();
    world.minutes(2).await;
    let watches = by_app(&world);
    assert_eq!(watches.len(), 15);
    for (app, watch) in &watches {
        assert_eq!(watch["status"]["health"], "Healthy", "{app}");
        let name = app.replace("app", "shop");
        assert_eq!(watch["status"]["app"], name.as_str(), "the list of the set has its name");
        let owner = &watch["metadata"]["ownerReferences"][0];
        assert_eq!((&owner["kind"], &owner["controller"]), (&json!("SaeAppWatchSet"), &json!(true)));
        assert!(owner["blockOwnerDeletion"].is_null());
        assert_eq!(watch["spec"]["interval"], "1h");
    }
    assert_eq!(ready(&world), "True Listed");
    world.minutes(1).await;
    let shown = status(&world);
    assert_eq!((&shown["applications"], &shown["watches"]), (&json!(15), &json!(15)), "{shown:#}");
    assert_eq!(applies(&world).len(), 15, "each once");
}

#[tokio::test(start_paused = true)]
async fn an_application_that_appears_is_watched_within_two_sweeps_and_one_that_goes_is_an_orphan_that_stays()
{
    let mut world = with_set(3);
    world.start();
    world.minutes(30).await;
    world.sae.run("app-new", named("new"));
    let sweeps = world.sae.list_calls();
    while !by_app(&world).get("app-new").is_some_and(|watch| watch["status"]["health"] == "Healthy") {
        world.seconds(1).await;
        assert!(world.sae.list_calls() <= sweeps + 2, "two sweeps later");
    }
    world.minutes(20).await;
    let before = declared(&world);
    world.sae.delete("app-1");
    let began = world.sae.list_calls();
    while status(&world)["orphans"].is_null() {
        world.seconds(10).await;
        assert!(world.sae.list_calls() < began + 100, "an orphan after all");
    }
    assert!(world.sae.list_calls() >= began + 3, "after three lists");
    let orphan = before["app-1"]["metadata"]["name"].as_str().unwrap();
    assert_eq!(status(&world)["orphans"], json!([orphan]));
    assert_eq!(ready(&world), "True Listed");
    world.minutes(120).await;
    assert_eq!(declared(&world), before, "it stays");
    assert_eq!(status(&world)["orphanCount"], 1);

    world.sae.run("app-1", named("shop-1"));
    world.minutes(30).await;
    assert!(status(&world)["orphans"].is_null(), "it is back");
}

/// What can be wrong with a page of a list.
fn faults() -> Vec<(&'static str, ListTrouble)> {
    vec![
        ("an error", ListTrouble::Fail(error(Class::Transient(None), "ServiceUnavailable"))),
        ("a throttle", ListTrouble::Fail(error(Class::Throttled(None), "Throttling.User"))),
        ("a denial", ListTrouble::Fail(error(Class::Denied, "NoPermission"))),
        ("no answer", ListTrouble::Hang),
        ("a cut page", ListTrouble::Cut),
        ("too large a count", ListTrouble::Miscount(1)),
        ("too small a count", ListTrouble::Miscount(-1)),
    ]
}

/// Lists of five pages of which one has a fault, while an application goes.
async fn meet(what: &str, fault: ListTrouble, page: u32) {
    let mut world = with_set(15);
    world.calls_per_minute = 20;
    world.sae.clamp_pages(3);
    world.start();
    world.minutes(3).await;
    let before = declared(&world);
    assert_eq!(before.len(), 15);
    world.sae.trouble_lists(page, fault);
    world.sae.delete("app-7");
    world.minutes(20).await;
    assert_eq!(declared(&world), before, "{what} on page {page}");
    assert!(status(&world)["orphans"].is_null(), "{what} on page {page}");

    world.sae.mend_lists();
    // A denial holds for an hour.
    world.minutes(if what == "a denial" { 75 } else { 20 }).await;
    assert_eq!(status(&world)["orphanCount"], 1, "{what} on page {page}: the lists are whole again");
    assert_eq!(declared(&world), before, "{what} on page {page}");
}

#[test]
fn no_fault_on_any_page_of_a_list_changes_a_watch() {
    thread::scope(|scope| {
        for (what, fault) in faults() {
            scope.spawn(move || {
                for page in 1..=5 {
                    on_a_paused_clock(meet(what, fault.clone(), page));
                }
            });
        }
    });
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_set_goes_on_without_an_event_that_never_has_a_response() {
    for trouble in [Trouble::Lost, Trouble::Hang] {
        let mut world = with_set(3);
        world.start();
        world.minutes(3).await;
        assert_eq!(ready(&world), "True Listed");
        world.cluster.plan(Plan::every(Verb::Emit, trouble).on("all"));
        world.sae.trouble_lists(1, ListTrouble::Fail(error(Class::Denied, "NoPermission")));
        world.minutes(15).await;
        assert_eq!(ready(&world), "False AccessDenied", "{trouble:?}");
        assert_eq!(world.emitted("all"), [""; 0], "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_template_names_comes_back_and_the_rest_stays_whose_it_is() {
    let mut world = with_set(3);
    world.start();
    world.minutes(2).await;
    let names: Vec<String> =
        by_app(&world).values().map(|watch| watch["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    world.cluster.edit_spec(&names[0], &json!({"suspend": true, "interval": "30s"}));
    world.minutes(1).await;
    let edited = world.cluster.get(&names[0]);
    assert_eq!((&edited["spec"]["suspend"], &edited["spec"]["interval"]), (&json!(true), &json!("1h")));

    world.cluster.edit_set("all", &json!({"template": {"spec": {"interval": "2h", "suspend": false}}}));
    world.minutes(1).await;
    for watch in by_app(&world).values() {
        let spec = &watch["spec"];
        assert_eq!((&spec["suspend"], &spec["interval"]), (&json!(false), &json!("2h")), "{watch:#}");
    }
    world.cluster.edit_set("all", &json!({"template": {"spec": {"interval": null}}}));
    world.minutes(1).await;
    let intervals: Vec<Value> =
        by_app(&world).values().map(|watch| watch["spec"]["interval"].clone()).collect();
    assert_eq!(intervals, [json!("60s"), json!("60s"), json!("60s")], "in no manifest: the default");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_made_again_takes_its_watches_over_and_leaves_others_alone() {
    let mut world = with_set(3);
    world.start();
    world.minutes(2).await;
    let before = by_app(&world);
    world.cluster.delete_set("all");
    world.minutes(10).await;
    for watch in before.values() {
        // What the garbage collector does for `--cascade=orphan`.
        let name = watch["metadata"]["name"].as_str().unwrap();
        world.cluster.edit(name, |watch| {
            watch["metadata"].as_object_mut().unwrap().remove("ownerReferences");
        });
    }
    // It loses its label, so it is not the set's any more.
    let lost = before["app-2"]["metadata"]["name"].as_str().unwrap();
    world.cluster.edit(lost, |watch| watch["metadata"]["labels"] = json!({}));
    world.cluster.declare_set("all", &json!({"template": {"spec": {"interval": "2h"}}}));
    world.minutes(3).await;
    let after = by_app(&world);
    for app in ["app-0", "app-1"] {
        assert_eq!(after[app]["metadata"]["uid"], before[app]["metadata"]["uid"], "{app} is taken over");
        assert_eq!(after[app]["spec"]["interval"], "2h");
        assert!(after[app]["metadata"]["ownerReferences"].is_array());
    }
    assert_eq!(after["app-2"]["spec"]["interval"], "1h", "left alone");
    let shown = status(&world);
    assert_eq!((&shown["conflicts"], &shown["watches"]), (&json!(1), &json!(2)), "{shown:#}");
    let message = &shown["conditions"][0]["message"];
    assert!(message.as_str().unwrap().contains(lost), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_being_deleted_is_left_alone_and_made_anew_when_it_is_gone() {
    let mut world = with_set(1);
    world.start();
    world.minutes(2).await;
    let before = by_app(&world).remove("app-0").unwrap();
    let name = before["metadata"]["name"].as_str().unwrap();
    world.cluster.begin_delete(name);
    world.minutes(30).await;
    assert_eq!((applies(&world).len(), &status(&world)["watches"]), (1, &json!(1)), "it is there");
    world.cluster.delete(name);
    world.minutes(1).await;
    assert_eq!(applies(&world).len(), 2);
    assert_ne!(by_app(&world)["app-0"]["metadata"]["uid"], before["metadata"]["uid"]);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_watches_are_made_at_twenty_a_second() {
    let mut world = with_set(1000);
    world.calls_per_minute = 6000;
    world.cluster.edit_set("all", &json!({"limit": 1000}));
    world.start();
    world.minutes(2).await;
    assert_eq!(by_app(&world).len(), 1000);
    let applies = applies(&world);
    assert_eq!(applies.len(), 1000);
    assert!(applies.iter().all(|call| call.answer == Some(200)));
    let times: Vec<_> = applies.iter().map(|call| call.at).collect();
    for pair in times.windows(21) {
        assert!(pair[20].duration_since(pair[0]).unsigned_abs() >= Duration::from_secs(1), "{pair:?}");
    }
    let whole = times[999].duration_since(times[0]).unsigned_abs();
    assert!(whole <= Duration::from_secs(55), "{whole:?}");
}

#[tokio::test(start_paused = true)]
async fn without_the_flag_no_set_is_looked_at() {
    let mut world = with_set(3);
    world.follows_sets = false;
    world.start();
    world.minutes(10).await;
    assert!(by_app(&world).is_empty());
    assert_eq!(world.sae.list_calls(), 0);
}
