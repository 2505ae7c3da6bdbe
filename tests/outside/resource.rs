//! The resource on a real API server: defaults, refusals, and that nothing is rewritten.

use serde_json::{Value, json};

use crate::support::World;

/// What a wrong spec is, and the sentence that refuses it.
pub fn refusals() -> Vec<(Value, &'static str)> {
    let health = |rules: Value| json!({"appId": "a", "health": rules});
    vec![
        (json!({}), "exactly one of appId and appName must be given"),
        (json!({"appId": "a", "appName": "shop"}), "exactly one of appId and appName must be given"),
        (json!({"appName": "2shop"}), "must be 1 to 36 of A-Z a-z 0-9 - that begins with a letter"),
        (json!({"appName": "a".repeat(37)}), "may not be more than 36"),
        (
            json!({"appName": "shop", "namespaceId": "prod"}),
            "must be a namespace of SAE such as cn-hangzhou:prod",
        ),
        (json!({"appId": "a", "namespaceId": "cn-hangzhou"}), "namespaceId must only be given with appName"),
        (
            json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod", "regionId": "cn-hang"}),
            "regionId must be the region of namespaceId, which is its part before the colon",
        ),
        (json!({"appId": "a b"}), "must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        (json!({"appId": ""}), "must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        (json!({"appId": "a".repeat(129)}), "may not be more than 128"),
        (json!({"appId": "a", "groupIds": []}), "groupIds must name at least one group"),
        (json!({"appId": "a", "groupIds": ["x", "x"]}), "duplicate entries"),
        (json!({"appId": "a", "groupIds": ["x y"]}), "must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        (
            json!({"appId": "a", "groupIds": (0..51).map(|n| n.to_string()).collect::<Vec<_>>()}),
            "must have at most 50 items",
        ),
        (json!({"appId": "a", "regionId": "Hangzhou"}), "must be a region such as cn-hangzhou"),
        (json!({"appId": "a", "instanceId": "/"}), "must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        (json!({"appId": "a", "pipelineId": "é"}), "must be 1 to 128 of A-Z a-z 0-9 . _ -"),
        (json!({"appId": "a", "interval": "60"}), "interval must be a duration such as 90s, 1m30s or 1.5h"),
        (json!({"appId": "a", "interval": "14s"}), "interval must be between 15s and 24h"),
        (json!({"appId": "a", "interval": "24h1s"}), "interval must be between 15s and 24h"),
        (json!({"appId": "a", "timeout": "soon"}), "timeout must be a duration such as 90s, 1m30s or 1.5h"),
        (json!({"appId": "a", "timeout": "999ms"}), "timeout must be between 1s and 60s"),
        (json!({"appId": "a", "timeout": "61s", "interval": "2m"}), "timeout must be between 1s and 60s"),
        (json!({"appId": "a", "timeout": "15s", "interval": "15s"}), "timeout must be shorter than interval"),
        (health(json!({"minHealthyPercent": 0})), "minHealthyPercent must be between 1 and 100"),
        (health(json!({"minHealthyPercent": 101})), "minHealthyPercent must be between 1 and 100"),
        (health(json!({"unhealthyBelowPercent": -1})), "unhealthyBelowPercent must be between 0 and 100"),
        (
            health(json!({"minHealthyPercent": 40, "unhealthyBelowPercent": 41})),
            "unhealthyBelowPercent must not be above minHealthyPercent",
        ),
        (health(json!({"progressDeadline": "29s"})), "progressDeadline must be between 30s and 24h"),
        (
            health(json!({"progressDeadline": "1d"})),
            "progressDeadline must be a duration such as 90s, 1m30s or 1.5h",
        ),
        (health(json!({"unhealthyThreshold": 0})), "unhealthyThreshold must be between 1 and 10"),
        (health(json!({"healthyThreshold": 11})), "healthyThreshold must be between 1 and 10"),
        (json!({"appId": "a", "failureThreshold": 11}), "failureThreshold must be between 1 and 10"),
        (json!({"appId": "a", "instances": {"limit": 201}}), "limit must be between 0 and 200"),
        (json!({"appId": "a", "instances": {"limit": -1}}), "limit must be between 0 and 200"),
        (json!({"appId": "a", "intervall": "60s"}), "field not declared in schema"),
    ]
}

#[tokio::test]
async fn each_rule_refuses_with_its_own_sentence() {
    let world = World::new().await;
    for (spec, sentence) in refusals() {
        let output = world.apply("wrong", &spec).await;
        assert!(!output.status.success(), "{spec} was accepted");
        assert!(output.stderr.contains(sentence), "{spec} was refused with: {}", output.stderr);
    }
}

#[tokio::test]
async fn one_mistake_gets_one_sentence() {
    let world = World::new().await;
    let output = world.apply("wrong", &json!({"appId": "a", "interval": "soon"})).await;
    assert_eq!(output.stderr.matches("must").count(), 1, "{}", output.stderr);
}

#[tokio::test]
async fn the_application_of_a_watch_cannot_change() {
    let world = World::new().await;
    let by_id = json!({"appId": "a"});
    let by_name = json!({"appName": "shop"});
    let in_prod = json!({"appName": "shop", "namespaceId": "cn-hangzhou:prod"});
    for (from, to, fields) in [
        (&by_id, &json!({"appId": "b"}), &["appId"][..]),
        (&by_id, &by_name, &["appId", "appName"]),
        (&by_name, &by_id, &["appId", "appName"]),
        (&by_name, &json!({"appName": "Shop"}), &["appName"]),
        (&by_name, &in_prod, &["namespaceId"]),
        (&in_prod, &by_name, &["namespaceId"]),
        (&in_prod, &json!({"appName": "shop", "namespaceId": "cn-hangzhou:test"}), &["namespaceId"]),
    ] {
        world.declare("shop", from).await;
        // A server-side apply takes away what the manifest leaves out.
        let output = world.apply("shop", to).await;
        for field in fields {
            let rule = format!("{field} is immutable");
            assert!(output.stderr.contains(&rule), "{from} to {to}: {}", output.stderr);
        }
        world.kubectl(&["delete", "saeappwatch", "shop"]).await;
    }
}

#[tokio::test]
async fn a_new_watch_has_its_defaults_and_no_generation_observed() {
    let world = World::new().await;
    world.declare("shop", &json!({"appId": "a"})).await;
    let watch = world.watch("shop").await;
    assert_eq!(
        watch["spec"],
        json!({
            "appId": "a", "interval": "60s", "timeout": "10s", "failureThreshold": 3, "suspend": false,
            "health": {
                "minHealthyPercent": 100, "requireHealthCheck": false, "progressDeadline": "10m",
                "unhealthyThreshold": 2, "healthyThreshold": 1,
            },
            "instances": {"limit": 100},
        })
    );
    assert_eq!(watch["status"], json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn kubectl_explains_the_defaults() {
    let world = World::new().await;
    world.declare("shop", &json!({"appId": "a"})).await;
    let spec = world.watch("shop").await["spec"].take();
    for (object, fields) in
        [("spec", &spec), ("spec.health", &spec["health"]), ("spec.instances", &spec["instances"])]
    {
        let explained = world.kubectl(&["explain", &format!("saeappwatch.{object}")]).await;
        let explained = explained.split_whitespace().collect::<Vec<_>>().join(" ");
        for (name, value) in fields.as_object().unwrap() {
            let default = match value {
                Value::Object(_) => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let field = explained.split_once(&format!(" {name} <")).unwrap().1;
            let field = field.split(" <").next().unwrap();
            let is_told = name == "appId" || field.contains(&format!("Default: {default}."));
            assert!(is_told, "{object}.{name} is {default}: {field}");
        }
    }
}

#[tokio::test]
async fn durations_come_back_as_they_were_written() {
    let world = World::new().await;
    for (number, text) in ["1m30s", "90s", "1.5h", "90000ms", "0.5m0s"].into_iter().enumerate() {
        let name = format!("watch-{number}");
        world.declare(&name, &json!({"appId": "a", "interval": text})).await;
        assert_eq!(world.watch(&name).await["spec"]["interval"], text);
    }
}
