//! The same manifest before a real API server and before `saewatch check -f`, which has none: both refuse the same
//! fields.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::resource::refusals;
use crate::support::cluster;

fn manifest(metadata: &Value, spec: &Value) -> Value {
    json!({"apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch", "metadata": metadata, "spec": spec})
}

/// The fields that the API server refuses.
async fn refused_by_the_api_server(manifest: &Value) -> BTreeSet<String> {
    let create = ["create", "--dry-run=server", "--validate=strict", "--namespace", "default", "-f", "-"];
    let output = cluster().await.kubectl_with_input(&create, &manifest.to_string()).await.unwrap();
    let fields = fields(&output.stderr);
    assert_eq!(output.status.success(), fields.is_empty(), "{manifest}: {}", output.stderr);
    fields
}

/// The fields that `saewatch check -f -` refuses.
fn refused_offline(manifest: &Value) -> BTreeSet<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_saewatch"))
        .env_clear()
        // Nobody listens there: what is not refused ends in an answer about the network.
        .args([
            "check",
            "--endpoint",
            "http://127.0.0.1:1",
            "--region",
            "cn-hangzhou",
            "-o",
            "name",
            "-f",
            "-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(manifest.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let fields = fields(&said);
    assert_eq!(fields.is_empty(), !output.stdout.is_empty(), "{manifest}: {said}");
    fields
}

/// The paths of fields in a refusal: what stands before a colon, or in quotes after "unknown field".
fn fields(said: &str) -> BTreeSet<String> {
    let words = said.split_whitespace();
    let path = |word: &str| {
        let path = word
            .strip_suffix(':')
            .or_else(|| word.strip_prefix('"')?.trim_end_matches(',').strip_suffix('"'))?;
        let is_path = ["spec", "metadata", "apiVersion", "kind"].iter().any(|root| {
            path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        is_path.then(|| path.to_owned())
    };
    words.filter_map(path).collect()
}

#[tokio::test]
async fn one_mistake_is_refused_at_the_same_field() {
    for (spec, sentence) in refusals() {
        let manifest = manifest(&json!({"name": "wrong"}), &spec);
        let theirs = refused_by_the_api_server(&manifest).await;
        assert!(!theirs.is_empty(), "{spec}");
        assert_eq!(refused_offline(&manifest), theirs, "{spec}: {sentence}");
    }
}

#[tokio::test]
async fn other_mistakes_are_refused_at_the_same_field_too() {
    let name = json!({"name": "wrong"});
    for manifest in [
        manifest(&json!({"name": "Wrong_Name"}), &json!({"appId": "a"})),
        manifest(&json!({}), &json!({"appId": "a"})),
        manifest(&json!({"name": "wrong", "lables": {}}), &json!({"appId": "a"})),
        manifest(&name, &json!({"appId": 5})),
        manifest(&name, &json!({"appId": "a", "suspend": "yes"})),
        manifest(&name, &json!({"appId": "a", "groupIds": "a"})),
        manifest(&name, &json!({"appId": "a", "health": []})),
        manifest(&name, &json!({"appId": "a", "health": {"minHealthyPercent": "all"}})),
        manifest(&name, &json!({"appId": "a", "health": {"minHealthyPercent": 1.5}})),
        manifest(&name, &json!({"appId": "a", "health": {"minimum": 1}})),
        manifest(&name, &json!({"appId": "a", "instances": {"limit": 1, "offset": 2}})),
        manifest(&name, &json!({"appId": "a", "interval": "x".repeat(65)})),
    ] {
        let theirs = refused_by_the_api_server(&manifest).await;
        assert!(!theirs.is_empty(), "{manifest}");
        assert_eq!(refused_offline(&manifest), theirs, "{manifest}");
    }
}

#[tokio::test]
async fn every_broken_rule_of_a_well_shaped_manifest_is_named() {
    let spec = json!({
        "appId": "a b", "groupIds": ["x", "y z"], "regionId": "here", "interval": "14s", "timeout": "soon",
        "health": {"minHealthyPercent": 0, "progressDeadline": "1s"}, "instances": {"limit": 201},
    });
    let manifest = manifest(&json!({"name": "wrong"}), &spec);
    let theirs = refused_by_the_api_server(&manifest).await;
    assert_eq!(theirs.len(), 8, "{theirs:?}");
    assert_eq!(refused_offline(&manifest), theirs);
}

#[tokio::test]
async fn what_the_api_server_takes_is_taken() {
    let full = json!({
        "appId": "A.b_c-1", "groupIds": ["g-1", "g-2"], "regionId": "cn-hangzhou", "instanceId": "i", "pipelineId": "p",
        "interval": "1m30s", "timeout": "1500ms", "failureThreshold": 10, "suspend": true,
        "health": {
            "minHealthyPercent": 1, "unhealthyBelowPercent": 1, "requireHealthCheck": true, "progressDeadline": "24h",
            "unhealthyThreshold": 10, "healthyThreshold": 1,
        },
        "instances": {"limit": 0},
    });
    let owner =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1", "blockOwnerDeletion": true});
    let metadata = json!({
        "name": "a.b", "labels": {"a": "b"}, "annotations": {"saewatch.dev/requested-at": "1"},
        "ownerReferences": [owner],
    });
    for spec in [
        json!({"appId": "a"}),
        json!({"appName": "Shop-2"}),
        json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod", "regionId": "cn-hangzhou"}),
        json!({"appName": "shop", "namespaceId": "cn-hangzhou"}),
        full,
        json!({"appId": "a", "health": null, "interval": null}),
        json!({"appId": "a", "timeout": "60s", "interval": "60.001s"}),
        json!({"appId": "a", "health": {"minHealthyPercent": 30.0}}),
    ] {
        let manifest = manifest(&metadata, &spec);
        assert_eq!(refused_by_the_api_server(&manifest).await, BTreeSet::new(), "{spec}");
        assert_eq!(refused_offline(&manifest), BTreeSet::new(), "{spec}");
    }
}

/// Judged by a server-side apply, which takes fewer nulls than a create does.
async fn is_judged_alike(manifest: &Value) {
    let apply = ["apply", "--server-side", "--dry-run=server", "--namespace", "default", "-f", "-"];
    let output = cluster().await.kubectl_with_input(&apply, &manifest.to_string()).await.unwrap();
    let (ours, theirs) = (refused_offline(manifest), fields(&output.stderr));
    assert_eq!(ours.is_empty(), output.status.success(), "{manifest}: {}", output.stderr);
    // What it cannot take for an object at all it refuses in other words, without such a path.
    assert!(theirs.is_empty() || ours == theirs, "{manifest}: {ours:?} {}", output.stderr);
}

#[tokio::test]
async fn a_null_is_judged_as_server_side_apply_judges_it() {
    for spec in [
        json!({"appId": "a", "groupIds": null}),
        json!({"appId": "a", "regionId": null, "instanceId": null, "pipelineId": null}),
        json!({"appId": "a", "health": {"unhealthyBelowPercent": null, "minHealthyPercent": null}}),
        json!({"appId": "a", "groupIds": [null]}),
        json!({"appId": "a", "intervall": null}),
        json!({"appId": null}),
        Value::Null,
        // What has a default takes it.
        json!({"appId": "a", "interval": null, "timeout": null, "suspend": null, "health": null, "instances": null}),
    ] {
        is_judged_alike(&manifest(&json!({"name": "a"}), &spec)).await;
    }
}

#[tokio::test]
async fn a_null_in_the_head_is_judged_as_server_side_apply_judges_it() {
    for metadata in [
        json!({"name": "a", "namespace": null, "labels": null, "annotations": null, "ownerReferences": null}),
        json!({"name": "a", "labels": {"team": null}, "annotations": {"team": null}}),
        json!({"name": "a", "lables": null}),
        json!({"name": null}),
        Value::Null,
    ] {
        is_judged_alike(&manifest(&metadata, &json!({"appId": "a"}))).await;
    }
}
