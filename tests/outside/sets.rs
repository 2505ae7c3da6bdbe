//! A set on a real API server: its watches are made, changed where the set says so, taken over and left alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use devcluster::ControlPlane;
use sae_simulator::{Application, Operation};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::by_the_clock::sweeps::declare_others;
use crate::pages::{Pages, Scrape};
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

/// Declares the set `all`, or changes it.
pub async fn declare(world: &World, spec: &Value) {
    declare_as(world, "all", spec).await;
}

async fn declare_as(world: &World, name: &str, spec: &Value) {
    let set = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet",
        "metadata": {"name": name, "namespace": world.namespace}, "spec": spec,
    });
    world.apply_manifest(&set).await.checked().unwrap();
}

/// The watches of sets.
pub async fn watches(world: &World) -> Vec<Value> {
    let of_sets = "saeappwatches?labelSelector=saewatch.dev%2Fset";
    world.get(of_sets).await["items"].as_array().unwrap().clone()
}

/// Waits until there are so many watches of sets, each as it must be.
pub async fn until_all(
    world: &World,
    count: usize,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    eventually(what, async || {
        let watches = watches(world).await;
        (watches.len() == count && watches.iter().all(&is_so)).then_some(watches)
    })
    .await
}

/// Waits until Ready of the set `all` has this reason, and this in its message.
pub async fn until_ready(world: &World, reason: &str, message: &str) -> Value {
    until_ready_as(world, "all", reason, message).await
}

/// The same of the set with this name.
pub async fn until_ready_as(world: &World, name: &str, reason: &str, message: &str) -> Value {
    eventually(&format!("a set that is {reason}"), async || {
        let set = world.get(&format!("saeappwatchsets/{name}")).await;
        let ready = condition(&set, "Ready");
        let is_so =
            ready["reason"] == reason && ready["message"].as_str().unwrap_or_default().contains(message);
        is_so.then_some(set)
    })
    .await
}

pub fn name(watch: &Value) -> &str {
    watch["metadata"]["name"].as_str().unwrap()
}

/// Changes a watch as a person does who is not the set.
async fn edit(world: &World, name: &str, change: &Value) {
    let change = change.to_string();
    world
        .kubectl(&["patch", "saeappwatch", name, "--field-manager=somebody", "--type=merge", "-p", &change])
        .await;
}

fn uids(watches: &[Value]) -> Vec<Value> {
    watches.iter().map(|watch| watch["metadata"]["uid"].clone()).collect()
}

#[tokio::test]
async fn the_watches_of_a_set_are_made_and_follow_its_template_and_nothing_else() {
    let world = world().await;
    let _operator = operator(&world);
    // The simulator has an application of its own beside these.
    let selector = json!({"names": ["shop", "till", "C*"]});
    let set_with = |template: Value| json!({"selector": selector, "template": template});
    declare(&world, &set_with(json!({"metadata": {"labels": {"team": "shop"}}}))).await;
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

    // By hand: what the template names comes back, anything else stays, also when the template changes.
    let first = name(&made[0]);
    let by_hand = json!({"spec": {"suspend": true}, "metadata": {"labels": {"team": "pay", "mine": "x"}}});
    edit(&world, first, &by_hand).await;
    until_all(&world, 3, "the template's label", |watch| watch["metadata"]["labels"]["team"] == "shop").await;
    declare(
        &world,
        &set_with(json!({"metadata": {"labels": {"team": "till"}}, "spec": {"interval": "45s"}})),
    )
    .await;
    let has_both =
        |watch: &Value| watch["metadata"]["labels"]["team"] == "till" && watch["spec"]["interval"] == "45s";
    until_all(&world, 3, "the changed template", has_both).await;
    let edited = world.watch(first).await;
    assert_eq!(
        (&edited["spec"]["suspend"], &edited["metadata"]["labels"]["mine"]),
        (&json!(true), &json!("x"))
    );

    // Once the template names it, it comes back.
    declare(&world, &set_with(json!({"spec": {"suspend": false}}))).await;
    let are_unsuspended =
        async |what: &str| until_all(&world, 3, what, |watch| watch["spec"]["suspend"] == false).await;
    are_unsuspended("the template's suspend").await;
    edit(&world, first, &json!({"spec": {"suspend": true}})).await;
    are_unsuspended("the template's suspend again").await;
    let labels = &world.watch(first).await["metadata"]["labels"];
    assert_eq!(
        *labels,
        json!({"mine": "x", "saewatch.dev/set": "all"}),
        "the template names no team any more"
    );

    // Without its controller, as `kubectl delete --cascade=orphan` leaves it behind, it is taken over.
    edit(&world, first, &json!({"metadata": {"ownerReferences": null}})).await;
    until_all(&world, 3, "an owner of each watch", |watch| watch["metadata"]["ownerReferences"].is_array())
        .await;

    // One that is deleted by hand is made again; no other is touched.
    let before = uids(&watches(&world).await);
    world.kubectl(&["delete", "saeappwatch", first]).await;
    let after = until_all(&world, 3, "three watches again", |_| true).await;
    assert_eq!(uids(&after).iter().filter(|uid| before.contains(uid)).count(), 2);
}

#[tokio::test]
async fn an_application_that_appears_has_its_watch_and_first_answer_within_two_sweeps() {
    let world = world().await;
    // Without them the region is swept rarely, or not at all.
    declare_others(&world).await;
    declare(&world, &json!({"selector": {"names": ["fleet-*"]}})).await;
    let _operator = operator(&world);
    let set = until_ready(&world, "Listed", "").await;
    assert_eq!((&set["status"]["applications"], &set["status"]["watches"]), (&json!(0), &json!(0)));

    let sweeps = || world.sae.calls_of(Operation::ListApplications).len();
    let before = sweeps();
    world.sae.put_application(Application::new("fleet-1").named("fleet-1").group("g-1", 1).running(1));
    until_all(&world, 1, "a healthy watch", |watch| watch["status"]["health"] == "Healthy").await;
    assert!(sweeps() - before <= 2, "after {} sweeps", sweeps() - before);
    // A client that waits for it need not wait for the minute after which counts are written.
    let is_counted = |set: &Value| set["status"]["watches"] == 1;
    eventually("its count", async || Some(world.get("saeappwatchsets/all").await).filter(is_counted)).await;
}

#[tokio::test]
async fn a_set_that_is_deleted_changes_nothing_any_more_and_others_go_on() {
    let world = world().await;
    let _operator = operator(&world);
    let labels = json!({"metadata": {"labels": {"team": "shop"}}});
    declare(&world, &json!({"selector": {"names": ["shop"]}, "template": labels})).await;
    declare_as(&world, "other", &json!({"selector": {"names": ["till"]}, "template": labels})).await;
    let both = until_all(&world, 2, "two watches", |watch| watch["status"]["health"] == "Healthy").await;
    let of_set =
        |set: &str| both.iter().find(|it| it["metadata"]["labels"]["saewatch.dev/set"] == set).unwrap();
    let (left, others) = (name(of_set("all")), name(of_set("other")));

    // There is no garbage collection here: until the finalizer of `orphan` is taken away the set is being deleted.
    world.kubectl(&["delete", "saeappwatchset", "all", "--cascade=orphan", "--wait=false"]).await;
    let pay = json!({"metadata": {"labels": {"team": "pay"}}});
    let only_the_others_is_mended = async || {
        for watch in [left, others] {
            edit(&world, watch, &pay).await;
        }
        let is_back = |watch: &Value| watch["metadata"]["labels"]["team"] == "shop";
        world.until(others, "its label back", is_back).await;
        assert_eq!(world.watch(left).await["metadata"]["labels"]["team"], "pay");
    };
    only_the_others_is_mended().await;
    let without_finalizers = r#"{"metadata":{"finalizers":null}}"#;
    world.kubectl(&["patch", "saeappwatchset", "all", "--type=merge", "-p", without_finalizers]).await;
    only_the_others_is_mended().await;

    // What is deleted by hand then is not made again.
    world.kubectl(&["delete", "saeappwatch", left]).await;
    edit(&world, others, &pay).await;
    until_all(&world, 1, "the other set's watch", |watch| watch["metadata"]["labels"]["team"] == "shop")
        .await;
}

#[tokio::test]
async fn sets_whose_definition_comes_later_are_used_within_a_minute() {
    let cluster = Arc::new(ControlPlane::start().await.unwrap());
    install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
    let world = World::on(cluster.clone()).await;
    world.sae.put_application(Application::new("app-shop").named("shop").group("g-1", 2).running(2));
    world.declare("by-hand", &json!({"appId": "app-shop", "interval": "15s"})).await;
    let operator = operator(&world);
    operator.until_logged("saeappwatchsets cannot be listed or watched").await;
    world.until_health("by-hand", "Healthy").await;
    let pages = Pages::of(&operator).await;
    let is_unavailable = |scrape: &Scrape| scrape.value("saewatch_sets_unavailable", &[]);
    assert_eq!(is_unavailable(&pages.scrape()), Some(1.0));
    let (status, said) = pages.get("/readyz");
    assert!(
        status == 200 && said.contains("are not used: the API server does not know SaeAppWatchSets"),
        "{status} {said}"
    );

    install_crd(&cluster, include_str!("../../crds/saeappwatchsets.yaml")).await;
    let since = Instant::now();
    declare(&world, &json!({"selector": {"names": ["shop"]}})).await;
    until_all(&world, 1, "a watch", |watch| watch["status"]["health"] == "Healthy").await;
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
    assert_eq!(is_unavailable(&pages.scrape()), Some(0.0));
    assert_eq!(pages.get("/readyz"), (200, "ready\n".into()));
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
    let left = &world.get("saeappwatches").await["items"];
    assert_eq!((left.as_array().unwrap().len(), &left[0]["spec"]["appId"]), (1, &json!("by-hand")));
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
