//! What kubectl shows and selects.

use serde_json::json;

use crate::support::{World, cluster};
use sae_simulator::{Application, Fault};

#[tokio::test]
async fn the_ids_of_all_instances_can_be_listed_though_one_list_is_empty() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 3).running(3));
    world.sae.put_application(Application::new("demo-zero").group("g-1", 1).running(1));
    let _operator = world.operator();
    for name in ["shop", "zero"] {
        world.declare(name, &json!({"appId": format!("demo-{name}")})).await;
    }
    for name in ["shop", "zero"] {
        world.until_health(name, "Healthy").await;
    }
    world.sae.update("demo-zero", |app| {
        app.scale("g-1", 0);
        app.settle();
    });
    world.request_poll("zero").await;
    world.until_health("zero", "ScaledToZero").await;
    let ids = |which: &str| {
        let of_one = format!("{{.metadata.name}}={{.status.instances[{which}].id}};");
        format!("jsonpath={{range .items[*]}}{of_one}{{end}}")
    };
    let listed = world.kubectl(&["get", "saw", "-o", &ids("*")]).await;
    assert!(listed.starts_with("shop=demo-shop-g-1-") && listed.ends_with(";zero=;"), "{listed}");
    // The page warns of this one.
    let get = ["get", "saw", "-n", &world.namespace, "-o", &ids("0")];
    let refused = cluster().await.kubectl(&get).await.unwrap();
    assert!(refused.stderr.contains("array index out of bounds"), "{}", refused.stderr);
}

#[tokio::test]
async fn the_table_has_its_columns_and_its_selectors() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 3).running(3));
    world.sae.put_application(Application::new("demo-sick").group("g-1", 3).running(3));
    world.sae.update("demo-sick", |app| (0..3).for_each(|number| app.instance(number).crash()));
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    world.declare("sick", &json!({"appId": "demo-sick"})).await;
    world.until_health("shop", "Healthy").await;
    world.until_health("sick", "Unhealthy").await;

    let table = world.kubectl(&["get", "saw"]).await;
    let headings: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(headings, ["NAME", "APP", "HEALTH", "INSTANCES", "READY", "REASON", "OBSERVED", "AGE"]);
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let cells: Vec<String> = row("sick").split_whitespace().map(str::to_owned).collect();
    assert_eq!(cells[1..6], ["demo-sick", "Unhealthy", "0/3", "True", "InstancesFailing"]);

    let wide = world.kubectl(&["get", "sae", "-o", "wide"]).await;
    let headings: Vec<&str> = wide.lines().next().unwrap().split_whitespace().skip(8).collect();
    assert_eq!(
        headings,
        ["APP-ID", "ACCOUNT", "REGION", "GROUPS", "RESTARTS", "SUSPENDED", "INTERVAL", "MESSAGE"]
    );
    assert!(wide.contains("0 of 3 instances ready"), "{wide}");

    for (selector, name) in [
        ("status.health=Healthy", "shop"),
        ("spec.appId=demo-sick", "sick"),
        ("status.app=demo-sick", "sick"),
    ] {
        let names = world.kubectl(&["get", "saw", "--field-selector", selector, "-o", "name"]).await;
        assert_eq!(names.trim(), format!("saeappwatch.saewatch.dev/{name}"));
    }
    let wait = ["wait", "--for=jsonpath={.status.health}=Healthy", "saeappwatch/shop", "--timeout=5s"];
    world.kubectl(&wait).await;
}

#[tokio::test]
async fn the_row_of_a_suspended_watch_says_so_and_keeps_its_health() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-sick").group("g-1", 3).running(3));
    world.sae.update("demo-sick", |app| app.instance(0).crash());
    let _operator = world.operator();
    world.declare("sick", &json!({"appId": "demo-sick"})).await;
    world.until_health("sick", "Degraded").await;
    world.kubectl(&["patch", "saw", "sick", "--type=merge", "-p", r#"{"spec":{"suspend":true}}"#]).await;
    world.until("sick", "a row that says so", |watch| watch["status"]["reason"] == "Suspended").await;
    let wide = world.kubectl(&["get", "saw", "-o", "wide"]).await;
    let cells: Vec<&str> = wide.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(cells[2..6], ["Degraded", "2/3", "True", "Suspended"], "{wide}");
    assert!(wide.contains("SAE is not polled while spec.suspend is true"), "{wide}");
}

#[tokio::test]
async fn the_message_is_of_the_condition_that_the_reason_comes_from() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 3).running(3));
    let _operator = world.operator();
    world.declare("shop", &json!({"appId": "demo-shop"})).await;
    world.until_health("shop", "Healthy").await;
    world.sae.inject(Fault::error(403, "NoPermission").until_cleared());
    world.request_poll("shop").await;
    let denied = world.until_ready("shop", "False", "AccessDenied").await;
    let wide = world.kubectl(&["get", "saw", "-o", "wide"]).await;
    let message = denied["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(wide.contains("AccessDenied") && wide.contains(message), "{wide}");
    assert!(!wide.contains("3 of 3 instances ready"), "{wide}");
}

#[tokio::test]
async fn every_field_is_explained() {
    let world = World::new().await;
    let explained = world.kubectl(&["explain", "saeappwatch.spec.health"]).await;
    assert!(
        explained.contains("minHealthyPercent") && explained.contains("The percentage of desired instances"),
        "{explained}"
    );
    for part in ["spec", "spec.health", "spec.instances", "status", "status.counts", "status.instances"] {
        let explained = world.kubectl(&["explain", &format!("saeappwatch.{part}")]).await;
        assert!(!explained.contains("<no description>"), "{part}: {explained}");
    }
}

#[tokio::test]
async fn a_described_watch_tells_what_it_watches_how_that_is_and_what_happened() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-sick").group("g-1", 1).running(1));
    world.sae.update("demo-sick", |app| app.instance(0).crash());
    let _operator = world.operator();
    world.declare("sick", &json!({"appId": "demo-sick"})).await;
    world.until_health("sick", "Unhealthy").await;
    let described = world.kubectl(&["describe", "saw", "sick"]).await;
    let mut rest = described.as_str();
    for part in [
        "App Id:",
        "demo-sick",
        "Conditions:",
        "InstancesFailing",
        "Counts:",
        "Failing:",
        "Health:",
        "Unhealthy",
        "Instances:",
        "CrashLoopBackOff",
        "Ready Instances:",
        "0/1",
        "Recent Transitions:",
        "Events:",
    ] {
        let (_, after) =
            rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} where it belongs: {described}"));
        rest = after;
    }
    let event = |reason: &str| {
        let line = rest.lines().find(|line| line.contains(reason)).unwrap_or_else(|| panic!("{rest}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let told = event("HealthDegraded");
    assert!(told.starts_with("Warning HealthDegraded") && told.contains("saewatch.dev/operator"), "{told}");
    assert!(told.contains("app demo-sick (cn-hangzhou): 0 of 1 instance ready, 1 failing"), "{told}");
    assert!(event("InstancesCrashLooping").contains("1 instance in a crash loop"), "{rest}");
}
