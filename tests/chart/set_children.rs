//! The watches of a set are the operator's in Argo CD too: its own engine prunes none of them, and finds nothing out of
//! sync.

use serde_json::{Value, json};

use crate::release::Release;
use crate::sync::{of, sync};

const OPTIONS: [&str; 1] = ["ServerSideApply=true"];

/// What Argo CD writes on the objects of an Application; `argocd/main.go` has the name of that Application.
const TRACKING: &str = "argocd.argoproj.io/tracking-id";

fn set() -> Value {
    json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet",
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {"selector": {"names": ["shop-*"]}, "template": {"spec": {"interval": "2m"}}},
    })
}

fn watch(name: &str, tracking: &str) -> Value {
    json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": name, "namespace": "default", "annotations": {TRACKING: tracking}},
        "spec": {"appId": name, "regionId": "cn-hangzhou"},
    })
}

/// A watch as the operator applies it for a set. That it carries the tracking of its set as well is the worst that a
/// template can bring about.
async fn apply_for_set(release: &Release, name: &str) {
    let set = release.kubectl(&["get", "sawset", "shop", "-n", "default", "-o", "json"]).await;
    let set: Value = serde_json::from_str(&set).unwrap();
    let mut watch = watch(name, set["metadata"]["annotations"][TRACKING].as_str().unwrap());
    watch["metadata"]["labels"] = json!({"saewatch.dev/set": "shop"});
    watch["metadata"]["ownerReferences"] = json!([{
        "apiVersion": set["apiVersion"], "kind": set["kind"], "name": "shop", "uid": set["metadata"]["uid"],
        "controller": true,
    }]);
    release.apply(&watch, "saewatch-set").await;
}

#[tokio::test]
async fn argo_cd_prunes_no_watch_of_a_set_and_finds_nothing_out_of_sync() {
    let release = Release::start().await;
    release.apply_crds().await;
    let first = sync(&release, &OPTIONS, vec![set()]).await;
    assert_eq!(of(&first, "SaeAppWatchSet"), ["Synced"], "{first:#?}");

    apply_for_set(&release, "shop-cart").await;
    // One that Git had once, and that no set owns, is pruned: so the engine does look.
    release.apply(&watch("old", "example:saewatch.dev/SaeAppWatch:default/old"), "argocd-controller").await;
    // The operator's status, and what the API server fills in, are not in Git either.
    let status = r#"{"status":{"observedGeneration":1,"applications":1,"watches":1}}"#;
    release.kubectl(&["patch", "sawset", "shop", "--subresource=status", "--type=merge", "-p", status]).await;

    let second = sync(&release, &OPTIONS, vec![set()]).await;
    let set = second.iter().find(|result| result["kind"] == "SaeAppWatchSet").unwrap();
    assert_eq!((&set["status"], &set["inSync"]), (&json!("Synced"), &json!(true)), "{second:#?}");
    let watches: Vec<&Value> = second.iter().filter(|result| result["kind"] == "SaeAppWatch").collect();
    assert_eq!(watches.len(), 1, "{second:#?}");
    assert_eq!((&watches[0]["name"], &watches[0]["status"]), (&json!("old"), &json!("Pruned")));
    // Argo CD deletes in the foreground, and there is no garbage collection here: what it took away waits for that.
    let deleted = "{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name}{end}";
    let deleted =
        release.kubectl(&["get", "saw", "-n", "default", "-o", &format!("jsonpath={deleted}")]).await;
    assert_eq!(deleted, "old");
}
