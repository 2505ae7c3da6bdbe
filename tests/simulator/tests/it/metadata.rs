//! The metadata service of a machine with a role, and a credentials URI.

use sae_simulator::{Fault, Operation, Simulator};
use serde_json::Value;

use crate::client::{Reply, http_client, instances};
use crate::fixtures::shop;

const FOLDER: &str = "/latest/meta-data/ram/security-credentials/";

async fn token(sim: &Simulator, seconds: &str) -> Reply {
    let request = http_client(sim).put(format!("{}/latest/api/token", sim.endpoint()));
    let request = request.header("X-aliyun-ecs-metadata-token-ttl-seconds", seconds);
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

async fn read(sim: &Simulator, path: &str, token: Option<&str>) -> Reply {
    let mut request = http_client(sim).get(format!("{}{path}", sim.endpoint()));
    if let Some(token) = token {
        request = request.header("X-aliyun-ecs-metadata-token", token);
    }
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

async fn opens_sae(sim: &Simulator, credentials: &Value) -> bool {
    assert_eq!(credentials["Code"], "Success");
    let text = |field: &str| credentials[field].as_str().unwrap();
    let ask = instances(sim, "demo-shop").signed_by(text("AccessKeyId"), text("AccessKeySecret"));
    ask.with("x-acs-security-token", text("SecurityToken")).reply().await.status == 200
}

#[tokio::test]
async fn a_machine_with_a_role_gets_its_keys_by_a_token() {
    let sim = shop(1);
    sim.set_machine_role(Some("node-role"));
    let token = token(&sim, "21600").await.text;
    assert_eq!(read(&sim, FOLDER, Some(&token)).await.text, "node-role");
    let reply = read(&sim, &format!("{FOLDER}node-role"), Some(&token)).await;
    assert!(opens_sae(&sim, &reply.body).await);
    assert_eq!(read(&sim, &format!("{FOLDER}other"), Some(&token)).await.status, 404);
}

#[tokio::test]
async fn without_a_good_token_only_version_one_answers_and_only_if_allowed() {
    let sim = shop(1);
    assert_eq!(read(&sim, FOLDER, None).await.status, 403);
    assert_eq!(read(&sim, FOLDER, Some("made-up")).await.status, 403);
    sim.set_metadata_v1(true);
    assert_eq!(read(&sim, FOLDER, None).await.text, "simulator-role");
}

#[tokio::test]
async fn a_token_lives_between_a_second_and_six_hours() {
    let sim = shop(1);
    for (seconds, status) in [("0", 400), ("21601", 400), ("soon", 400), ("1", 200)] {
        assert_eq!(token(&sim, seconds).await.status, status, "{seconds}");
    }
    let url = format!("{}/latest/api/token", sim.endpoint());
    assert_eq!(http_client(&sim).get(url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_machine_without_a_role_has_nothing_to_give() {
    let sim = shop(1);
    sim.set_machine_role(None);
    let token = token(&sim, "60").await.text;
    assert_eq!(read(&sim, FOLDER, Some(&token)).await.status, 404);
}

#[tokio::test]
async fn a_credentials_uri_gives_keys_that_open_sae() {
    let sim = shop(1);
    let reply = http_client(&sim).get(sim.credentials_uri()).send().await.unwrap();
    assert!(opens_sae(&sim, &Reply::read(reply).await.unwrap().body).await);
}

#[tokio::test]
async fn keys_of_a_machine_end_with_the_sessions() {
    let sim = shop(1);
    let reply =
        Reply::read(http_client(&sim).get(sim.credentials_uri()).send().await.unwrap()).await.unwrap();
    sim.expire_sessions();
    assert!(!opens_sae(&sim, &reply.body).await);
}

#[tokio::test]
async fn faults_and_the_log_cover_the_metadata_service() {
    let sim = shop(1);
    sim.inject(Fault::html(500).on(Operation::MetadataToken));
    assert_eq!(token(&sim, "60").await.status, 500);
    assert_eq!(token(&sim, "60").await.status, 200);
    assert_eq!(sim.calls_of(Operation::MetadataToken).len(), 2);
}
