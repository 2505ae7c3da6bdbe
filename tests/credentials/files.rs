//! Files of keys: every mode of a profile, and what happens when they change.

use sae_simulator::{KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::Provider;

use crate::stage::{Stage, ask, config};

#[tokio::test]
async fn profiles_of_the_cli_serve_by_their_mode() {
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    let role = r#""ram_role_arn": "acs:ram::113511544585:role/r", "ram_session_name": "session""#;
    for (mode, fields, exchange) in
        [("AK", keys.clone(), None), ("RamRoleArn", format!("{keys}, {role}"), Some(Operation::AssumeRole))]
    {
        let stage = Stage::new();
        stage.write(".aliyun/config.json", &config(&format!(r#""mode": "{mode}", {fields}"#)));
        ask(&stage.client()).await.unwrap();
        assert_eq!(stage.key_used() == KEY_ID, exchange.is_none(), "{mode}");
        if let Some(exchange) = exchange {
            assert_eq!(stage.calls(exchange)[0].parameter("RoleSessionName"), Some("session"));
        }
    }
}

#[tokio::test]
async fn a_chain_of_roles_is_climbed() {
    let stage = Stage::new();
    let config = format!(
        r#"{{"current": "top", "profiles": [
            {{"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "middle",
              "ram_role_arn": "acs:ram::113511544585:role/top", "policy": "{{\"é *\": \"空~\"}}"}},
            {{"name": "middle", "mode": "RamRoleArn", "ram_role_arn": "acs:ram::113511544585:role/middle",
              "access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}"}}]}}"#
    );
    stage.write(".aliyun/config.json", &config);
    ask(&stage.client()).await.unwrap();
    let steps = stage.calls(Operation::AssumeRole);
    assert_eq!(steps[0].key_id.as_deref(), Some(KEY_ID));
    assert_eq!(steps[1].key_id.as_ref().map(|key| key.starts_with("STS.")), Some(true));
    assert_eq!(steps[1].parameter("Policy"), Some("{\"é *\": \"空~\"}"));
}

#[tokio::test]
async fn the_older_file_and_the_credentials_uri_serve_too() {
    let stage = Stage::new();
    let section =
        format!("[default]\ntype = access_key\naccess_key_id = {KEY_ID}\naccess_key_secret = {KEY_SECRET}\n");
    stage.write(".alibabacloud/credentials", &section);
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.key_used(), KEY_ID);

    let stage = Stage::new();
    let uri = stage.sim.credentials_uri();
    let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    let client = stage.client();
    ask(&client).await.unwrap();
    assert!(stage.key_used().starts_with("STS."));
    assert_eq!(client.credentials().report().provider, Some(Provider::CredentialsUri));
}

#[tokio::test]
async fn a_file_that_changes_is_read_again() {
    let stage = Stage::new();
    stage.sim.add_key("second", "second-secret");
    let key = |id: &str, secret: &str| {
        config(&format!(r#""mode": "AK", "access_key_id": "{id}", "access_key_secret": "{secret}""#))
    };
    stage.write(".aliyun/config.json", &key(KEY_ID, KEY_SECRET));
    let client = stage.client();
    ask(&client).await.unwrap();
    let before = client.credentials().fingerprint();
    stage.write(".aliyun/config.json", &key("second", "second-secret"));
    assert_ne!(client.credentials().fingerprint(), before);
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "second");
}

#[tokio::test]
async fn the_pods_new_token_is_noticed_and_its_keys_serve_on() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    let before = client.credentials().fingerprint();
    stage.write("token", "header.another-marked.sig");
    assert_ne!(client.credentials().fingerprint(), before, "who waits after a refusal may ask again");
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}
