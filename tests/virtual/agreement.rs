//! The API server in memory against the real one: the same writes to a status have the same effect, own the same
//! fields, and are refused alike. A fake agrees with whoever wrote it; this is who says otherwise.

use devcluster::ControlPlane;
use http::Request;
use kube::Client;
use saewatch::poll::Clock;
use serde_json::{Value, json};

use crate::cluster::{Cluster, NAMESPACE, Owners};
use crate::life::Life;

/// One write to a status, and who writes it how.
struct Write {
    manager: &'static str,
    parameters: &'static str,
    content: &'static str,
    name: &'static str,
    metadata: Value,
    status: Value,
}

fn apply(manager: &'static str, status: Value) -> Write {
    let (parameters, content) = ("&force=true", "application/apply-patch+yaml");
    Write { manager, parameters, content, name: "shop", metadata: json!({"name": "shop"}), status }
}

fn edit(status: Value) -> Write {
    let (parameters, content) = ("", "application/merge-patch+json");
    Write { manager: "kubectl-edit", parameters, content, name: "shop", metadata: json!({}), status }
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
    let whole = json!({
        "health": "Healthy", "observedGeneration": 1, "conditions": conditions(&["Ready", "AppHealthy"]),
        "groups": [group("g-1")], "counts": counts, "versions": ["a"],
    });
    let instance = json!({"id": "i", "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z"});
    let ours = |status: &Value| apply("saewatch", status.clone());
    vec![
        ours(&whole),
        apply("saewatch-instances", json!({"instances": [instance]})),
        ours(&whole),
        edit(json!({
            "effectiveInterval": "5m", "health": "Unhealthy", "counts": {"desired": 7},
            "streak": {"health": "Degraded", "polls": 1}, "versions": ["b"],
            "groups": [{"id": "g-1", "total": 1, "ready": 1, "image": "evil"}, group("g-9")],
            "conditions": conditions(&["Stalled", "AppHealthy"]), "instances": [],
        })),
        ours(&whole),
        apply("saewatch-instances", json!({"instances": [instance]})),
        edit(
            json!({"effectiveInterval": null, "groups": [group("g-1")], "conditions": conditions(&["Ready"])}),
        ),
        ours(
            &json!({"streak": {"health": "Degraded", "polls": 1}, "notified": {"imagePull": {"present": true}}}),
        ),
        ours(&json!({"observedGeneration": 2})),
        ours(&json!({"conditions": conditions(&["AppHealthy"])})),
        ours(&json!({"conditions": conditions(&["Ready", "AppHealthy", "Reconciling"])})),
        edit(
            json!({"conditions": conditions(&["Painted", "Reconciling", "Ready", "AppHealthy", "Stalled"])}),
        ),
        ours(&json!({"conditions": conditions(&["Ready", "AppHealthy", "Reconciling"])})),
        ours(&json!({"conditions": conditions(&["AppHealthy", "Stalled", "Ready"])})),
        edit(json!({"notified": {"imagePull": {"present": true}}})),
        ours(&json!({"notified": {"imagePull": {"present": false}}})),
        edit(json!({"notified": {"imagePull": {"present": true}}})),
        ours(&json!({"notified": {"imagePull": {"present": true}}})),
        ours(&json!({})),
        edit(json!(null)),
        ours(&json!({"streak": {"health": "Degraded", "polls": 1}})),
        edit(json!({"streak": {"polls": 2}})),
        ours(&json!({})),
        edit(json!(null)),
        ours(&whole),
        Write { parameters: "", ..apply("somebody", json!({"health": "Unhealthy"})) },
        Write { parameters: "", ..apply("somebody", json!({"health": "Healthy", "region": "cn-a"})) },
        ours(&json!({"observedGeneration": 3})),
        Write { metadata: json!({"name": "shop", "resourceVersion": "1"}), ..ours(&whole) },
        Write { metadata: json!({"resourceVersion": "1"}), ..edit(json!({"health": "Unhealthy"})) },
        Write { metadata: json!({"name": "shop", "uid": "another"}), ..ours(&whole) },
        Write { name: "nobody", metadata: json!({"name": "nobody"}), ..ours(&whole) },
        apply("saewatch-instances", json!({"instances": []})),
        apply("saewatch-instances", json!({})),
    ]
}

/// What a server makes of a write: the status and its owners, or the code of its refusal.
async fn perform(client: &Client, write: &Write) -> Result<(Value, Owners), u16> {
    let Write { manager, parameters, content, name, metadata, status } = write;
    let uri = format!(
        "/apis/saewatch.dev/v1alpha1/namespaces/{NAMESPACE}/saeappwatches/{name}/status?fieldManager={manager}{parameters}"
    );
    let body = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch", "metadata": metadata, "status": status,
    });
    let request = Request::patch(uri).header("content-type", *content).body(body.to_string().into_bytes());
    match client.request::<Value>(request.unwrap()).await {
        Ok(watch) => Ok((watch["status"].clone(), Owners::read(&watch["metadata"]["managedFields"]))),
        Err(kube::Error::Api(refusal)) => Err(refusal.code),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_server_in_memory_writes_statuses_as_the_real_one_does() {
    let real = ControlPlane::start().await.unwrap();
    let kubectl = async |arguments: &[&str]| real.kubectl(arguments).await.unwrap().checked().unwrap();
    let crd = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/saeappwatches.yaml");
    kubectl(&["apply", "--server-side", "-f", crd]).await;
    kubectl(&["wait", "--for=condition=Established", "crd/saeappwatches.saewatch.dev"]).await;
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
        assert_eq!(found, expected, "write {number}: {} sends {}", write.manager, write.status);
    }
}
