//! The API server in memory against the real one: the same patches of a status have the same effect and are refused
//! alike. A fake agrees with whoever wrote it; this is who says otherwise.

use devcluster::ControlPlane;
use http::Request;
use kube::Client;
use saewatch::poll::Clock;
use serde_json::{Value, json};

use crate::cluster::{Cluster, NAMESPACE};
use crate::life::Life;

/// One write to a status.
struct Write {
    name: &'static str,
    metadata: Value,
    status: Value,
}

fn patch(status: Value) -> Write {
    Write { name: "shop", metadata: json!({}), status }
}

fn conditions(types: &[&str]) -> Value {
    let condition = |of: &&str| {
        json!({
            "type": of, "status": "True", "reason": "Observed", "message": "m",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        })
    };
    types.iter().map(condition).collect()
}

fn writes() -> Vec<Write> {
    let group = |id: &str| json!({"id": id, "total": 1, "ready": 1});
    let counts = json!({
        "total": 1, "ready": 1, "starting": 0, "unhealthy": 0, "failing": 0, "terminating": 0, "unknown": 0,
        "missing": 0, "restarts": 0,
    });
    let instance = json!({"id": "i", "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z"});
    let whole = json!({
        "health": "Healthy", "observedGeneration": 1, "conditions": conditions(&["Ready", "AppHealthy"]),
        "groups": [group("g-1")], "counts": counts, "memory": {"versions": ["a"]}, "instances": [instance],
    });
    vec![
        patch(whole.clone()),
        // The same again.
        patch(whole.clone()),
        patch(
            json!({"health": "Unhealthy", "counts": {"desired": 7, "ready": 0}, "memory": {"versions": ["b", "c"]}}),
        ),
        patch(
            json!({"counts": {"desired": null}, "groups": [{"id": "g-1", "total": 1, "ready": 1, "image": "x"}, group("g-9")]}),
        ),
        patch(
            json!({"groups": [group("g-9")], "conditions": conditions(&["AppHealthy"]), "memory": {"versions": null}}),
        ),
        // What no schema knows.
        patch(
            json!({"painted": true, "counts": {"painted": 1}, "groups": [{"id": "g-1", "total": 1, "ready": 1, "painted": 1}]}),
        ),
        patch(
            json!({"instances": [{"id": "i", "state": "Ready", "reason": "Healthy", "painted": {}, "since": "2026-01-01T00:00:00Z"}]}),
        ),
        patch(json!({"memory": {"notified": {"imagePull": {"present": true, "at": null}}}})),
        patch(json!({"memory": {"notified": {"imagePull": null}}})),
        patch(json!({"memory": {"streak": {"health": "Degraded", "polls": 1}}, "instances": []})),
        patch(json!({"memory": {"streak": {"polls": 2}}, "instances": null})),
        patch(json!({"observedGeneration": null, "region": "cn-a"})),
        // What it refuses.
        patch(json!({"memory": {"streak": {"polls": null}}})),
        patch(json!({"health": "Splendid"})),
        patch(json!({"counts": 3})),
        patch(json!({"memory": {"versions": "a"}})),
        patch(json!({"memory": {"versions": ["1", "2", "3", "4", "5", "6"]}})),
        patch(json!({"groups": [{"id": "g-1"}]})),
        patch(json!({"groups": {"g-1": group("g-1")}})),
        // Which watch, and which version of it.
        Write { metadata: json!({"resourceVersion": "1"}), ..patch(json!({"health": "Unhealthy"})) },
        Write { metadata: json!({"uid": "another"}), ..patch(json!({"health": "Unknown"})) },
        Write { name: "nobody", ..patch(whole.clone()) },
        patch(json!(null)),
        patch(json!({})),
        patch(whole),
    ]
}

/// What a server makes of a write: the status and whether it is another version, or the code of its refusal.
async fn perform(client: &Client, write: &Write) -> Result<(Value, bool), u16> {
    let Write { name, metadata, status } = write;
    let path = format!("/apis/saewatch.dev/v1alpha1/namespaces/{NAMESPACE}/saeappwatches");
    let body = json!({"metadata": metadata, "status": status}).to_string().into_bytes();
    let before = version(client, &path).await;
    let request = Request::patch(format!("{path}/{name}/status?fieldManager=saewatch"));
    let request = request.header("content-type", "application/merge-patch+json").body(body).unwrap();
    match client.request::<Value>(request).await {
        Ok(watch) => Ok((watch["status"].clone(), watch["metadata"]["resourceVersion"] != before)),
        Err(kube::Error::Api(refusal)) => Err(refusal.code),
        Err(error) => panic!("{error}"),
    }
}

/// The version of the only watch.
async fn version(client: &Client, path: &str) -> Value {
    let list = client.request::<Value>(Request::get(path).body(Vec::new()).unwrap()).await.unwrap();
    list["items"][0]["metadata"]["resourceVersion"].clone()
}

#[tokio::test]
async fn the_server_in_memory_writes_statuses_as_the_real_one_does() {
    let real = ControlPlane::start().await.unwrap();
    let kubectl = async |arguments: &[&str]| real.kubectl(arguments).await.unwrap().checked().unwrap();
    let crd = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/saeappwatches.yaml");
    kubectl(&["apply", "--server-side", "-f", crd]).await;
    real.established().await.unwrap();
    kubectl(&["create", "namespace", NAMESPACE]).await;
    let manifest = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": "shop", "namespace": NAMESPACE}, "spec": {"appId": "app-1"},
    });
    let created = real.kubectl_with_input(&["create", "-f", "-"], &manifest.to_string()).await.unwrap();
    created.checked().unwrap();

    let cluster = Cluster::new(Clock::system());
    cluster.create("shop", &json!({"appId": "app-1"}));
    let in_memory = cluster.client(&Life::default());
    let real = real.client();
    for (number, write) in writes().iter().enumerate() {
        let expected = perform(&real, write).await;
        let found = perform(&in_memory, write).await;
        assert_eq!(found, expected, "write {number}: {}", write.status);
    }
}
