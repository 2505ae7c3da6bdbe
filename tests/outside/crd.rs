//! A cluster whose CustomResourceDefinition is missing, or older than the operator.

use std::sync::Arc;

use devcluster::ControlPlane;
use serde_json::{Value, json};

use crate::pages::{Pages, Scrape};
use crate::support::{World, condition, install_crd};
use sae_simulator::Application;

/// The definition as a version before `status.groupCount` and `status.instances[].containerStatus` had it.
fn older() -> Value {
    let mut crd = serde_json::to_value(&saewatch::api::crds()[0]).unwrap();
    let status = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"];
    for (object, field) in
        [("/properties", "groupCount"), ("/properties/instances/items/properties", "containerStatus")]
    {
        let fields = status.pointer_mut(object).unwrap().as_object_mut().unwrap();
        fields.remove(field).unwrap_or_else(|| panic!("there is no {field}"));
    }
    crd
}

fn is_outdated(scrape: &Scrape) -> bool {
    scrape.value("saewatch_crd_outdated", &[]) == Some(1.0)
}

#[tokio::test]
async fn a_missing_or_an_older_crd_is_said_in_log_metric_and_readiness_until_it_is_mended() {
    let cluster = Arc::new(ControlPlane::start().await.unwrap());
    let world = World::on(cluster.clone()).await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    let operator = world.operator();
    let pages = Pages::of(&operator).await;
    pages.until("a missing CRD", is_outdated).await;
    let (status, said) = pages.get("/readyz");
    assert_eq!(status, 503);
    assert!(said.contains("does not know saeappwatches of saewatch.dev/v1alpha1"), "{said}");
    operator.until_logged("install the CustomResourceDefinition that `saewatch crd` prints").await;

    install_crd(&cluster, &older().to_string()).await;
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    let watch = world.until_health("shop", "Healthy").await;
    assert!(watch["status"]["groupCount"].is_null(), "it was left out: {watch:#}");
    pages.until("an older CRD", is_outdated).await;
    let (status, said) = pages.get("/readyz");
    assert_eq!(status, 200);
    let refused = "the API server does not take status.groupCount, status.instances[].containerStatus;";
    assert!(said.starts_with("ready; ") && said.contains(refused), "{said}");
    assert_eq!(operator.log().matches(refused).count(), 1, "it is said once");

    install_crd(&cluster, &serde_json::to_string(&saewatch::api::crds()[0]).unwrap()).await;
    world.request_poll("shop").await;
    pages.until("a CRD that fits", |scrape| !is_outdated(scrape)).await;
    let (status, said) = pages.get("/readyz");
    // The definition of SaeAccounts is not installed here, and is not meant.
    assert!(status == 200 && !said.contains("saeappwatches"), "{said}");
    let watch = world.watch("shop").await;
    assert_eq!(watch["status"]["groupCount"], 1, "{watch:#}");
    assert_eq!(watch["status"]["instances"][0]["containerStatus"], "Running", "{watch:#}");
}

/// The definition as a version that took any text for an interval.
fn laxer() -> Value {
    let mut crd = serde_json::to_value(&saewatch::api::crds()[0]).unwrap();
    let spec = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    for object in ["", "/properties/interval"] {
        spec.pointer_mut(object)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("x-kubernetes-validations")
            .unwrap();
    }
    crd
}

#[tokio::test]
async fn a_watch_that_cannot_be_read_says_so_until_it_can() {
    let cluster = Arc::new(ControlPlane::start().await.unwrap());
    install_crd(&cluster, &laxer().to_string()).await;
    let world = World::on(cluster.clone()).await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "soon"})).await;
    install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;

    let _operator = world.operator();
    let watch = world.until_ready("shop", "False", "InvalidSpec").await;
    let message = condition(&watch, "Stalled")["message"].as_str().unwrap();
    assert!(message.contains("interval: \"soon\""), "{message}");
    assert_eq!(world.until_event("Warning", "InvalidSpec").await, format!("app demo-shop: {message}"));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "15s"})).await;
    let watch = world.until_health("shop", "Healthy").await;
    assert!(condition(&watch, "Stalled").is_null(), "{watch:#}");
}
