//! A set on a real API server: its watches are made, changed where the set says so, taken over and left alone.

use std::sync::Arc;

use devcluster::ControlPlane;
use sae_simulator::Application;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::support::{Operator, World, condition, eventually, install_crd};

static CLUSTER: OnceCell<Arc<ControlPlane>> = OnceCell::const_new();

/// A world on a control plane that knows sets, with three applications.
async fn world() -> World {
    let cluster = CLUSTER
        .get_or_init(async || {
            let cluster = ControlPlane::start().await.unwrap();
            install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeaccounts.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeappwatchsets.yaml")).await;
            Arc::new(cluster)
        })
        .await;
    let world = World::on(cluster.clone()).await;
    for name in ["shop", "till", "Cart"] {
        let id = format!("app-{name}");
        world.sae.put_application(Application::new(&id).named(name).group("g-1", 2).running(2));
    }
    world
}

fn operator(world: &World) -> Operator {
    let mut command = world.command();
    command.args(["--watch-sets", "--accounts=false"]);
    Operator::start(command)
}

async fn declare(world: &World, spec: &Value) {
    let set = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet",
        "metadata": {"name": "all", "namespace": world.namespace}, "spec": spec,
    });
    world.apply_manifest(&set).await.checked().unwrap();
}

async fn get(world: &World, what: &str) -> Value {
    serde_json::from_str(&world.kubectl(&["get", what, "-o", "json"]).await).unwrap()
}

async fn watches(world: &World) -> Vec<Value> {
    get(world, "saeappwatches").await["items"].as_array().unwrap().clone()
}

/// Waits until each of so many watches is as it must be.
async fn until_all(world: &World, count: usize, what: &str, is_so: impl Fn(&Value) -> bool) -> Vec<Value> {
    eventually(what, async || {
        let watches = watches(world).await;
        (watches.len() == count && watches.iter().all(&is_so)).then_some(watches)
    })
    .await
}

async fn until_ready(world: &World, reason: &str, message: &str) -> Value {
    eventually(&format!("a set that is {reason}"), async || {
        let set = get(world, "saeappwatchset/all").await;
        let ready = condition(&set, "Ready");
        let is_so =
            ready["reason"] == reason && ready["message"].as_str().unwrap_or_default().contains(message);
        is_so.then_some(set)
    })
    .await
}

fn name(watch: &Value) -> &str {
    watch["metadata"]["name"].as_str().unwrap()
}

#[tokio::test]
async fn the_watches_of_a_set_are_made_and_follow_its_template_and_nothing_else() {
    let world = world().await;
    let _operator = operator(&world);
    let template = json!({"metadata": {"labels": {"team": "shop"}}, "spec": {"suspend": false}});
    // The simulator has an application of its own beside these.
    let selector = json!({"names": ["shop", "till", "C*"]});
    declare(&world, &json!({"selector": selector, "template": template})).await;
    let made =
        until_all(&world, 3, "three healthy watches", |watch| watch["status"]["health"] == "Healthy").await;
    let set = until_ready(&world, "Listed", "").await;
    for watch in &made {
        let metadata = &watch["metadata"];
        assert_eq!(metadata["labels"], json!({"team": "shop", "saewatch.dev/set": "all"}));
        let owner = &metadata["ownerReferences"][0];
        assert_eq!((&owner["uid"], &owner["controller"]), (&set["metadata"]["uid"], &json!(true)));
        assert_eq!(owner.get("blockOwnerDeletion"), None, "{owner}");
    }
    assert!(made.iter().any(|watch| name(watch).starts_with("all-cart-")), "{made:?}");

    // By hand: what the template names comes back, anything else stays.
    let first = format!("saeappwatch/{}", name(&made[0]));
    let by_hand = json!({"spec": {"suspend": true, "interval": "45s"}, "metadata": {"labels": {"team": "pay", "mine": "x"}}});
    world.kubectl(&["patch", &first, "--type=merge", "-p", &by_hand.to_string()]).await;
    let is_back =
        |watch: &Value| watch["spec"]["suspend"] == false && watch["metadata"]["labels"]["team"] == "shop";
    until_all(&world, 3, "the template's fields", is_back).await;
    let mended = get(&world, &first).await;
    assert_eq!(
        (&mended["spec"]["interval"], &mended["metadata"]["labels"]["mine"]),
        (&json!("45s"), &json!("x"))
    );

    // Without its controller, as `kubectl delete --cascade=orphan` leaves it behind, it is taken over.
    let without_owner = json!({"metadata": {"ownerReferences": null}});
    world.kubectl(&["patch", &first, "--type=merge", "-p", &without_owner.to_string()]).await;
    until_all(&world, 3, "an owner of each watch", |watch| watch["metadata"]["ownerReferences"].is_array())
        .await;

    // One that is deleted by hand is made again; no other is touched.
    let uids = |watches: &[Value]| -> Vec<Value> {
        watches.iter().map(|watch| watch["metadata"]["uid"].clone()).collect()
    };
    let before = uids(&watches(&world).await);
    world.kubectl(&["delete", &first]).await;
    let after = until_all(&world, 3, "three watches again", |_| true).await;
    assert_eq!(uids(&after).iter().filter(|uid| before.contains(uid)).count(), 2);
}

#[tokio::test]
async fn a_watch_of_that_name_that_is_not_the_sets_is_left_alone() {
    let world = world().await;
    let other = operator(&world);
    declare(&world, &json!({"selector": {"names": ["shop"]}})).await;
    let made = until_all(&world, 1, "a watch", |_| true).await;
    drop(other);
    world.kubectl(&["delete", "saeappwatch", name(&made[0])]).await;
    world.declare(name(&made[0]), &json!({"appId": "by-hand", "regionId": "cn-hangzhou"})).await;
    let _operator = operator(&world);
    until_ready(&world, "Listed", name(&made[0])).await;
    let left = watches(&world).await;
    assert_eq!((left.len(), &left[0]["spec"]["appId"]), (1, &json!("by-hand")));
    assert_eq!(left[0]["metadata"].get("ownerReferences"), None);
}

#[tokio::test]
async fn an_apply_for_a_watch_that_is_gone_makes_no_other_and_takes_none() {
    let world = world().await;
    world.declare("shop", &json!({"appId": "app-shop", "regionId": "cn-hangzhou"})).await;
    for (name, said) in [("shop", "metadata.uid: Invalid value"), ("nowhere", "uid mismatch")] {
        let manifest = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": name, "namespace": world.namespace, "uid": "0b0b0b0b-0000-4000-8000-000000000000"},
            "spec": {"appId": "app-shop", "regionId": "cn-hangzhou"},
        });
        let refused = world.apply_manifest(&manifest).await.checked().unwrap_err().to_string();
        assert!(refused.contains(said), "{name}: {refused}");
    }
}
