//! An empty security token is none: the key is taken without it, and no header is sent.

use sae_simulator::{Fault, KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::Class;

use crate::stage::{Stage, ask, config};

/// An issued key with an empty token. The simulator refuses a permanent key that comes with any token.
fn issued(token: &str) -> String {
    format!(
        r#""AccessKeyId": "{KEY_ID}", "AccessKeySecret": "{KEY_SECRET}", "SecurityToken": "{token}",
        "Expiration": "2999-01-01T00:00:00Z""#
    )
}

#[tokio::test]
async fn an_empty_token_of_a_credentials_uri_is_no_token() {
    for token in ["", " "] {
        let stage = Stage::new();
        let uri = stage.sim.credentials_uri();
        let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
        let body = format!(r#"{{"Code": "Success", {}}}"#, issued(token));
        stage.sim.inject(Fault::answer(200, "application/json", &body).on(Operation::CredentialsUri));
        ask(&stage.client()).await.unwrap();
        assert_eq!(stage.key_used(), KEY_ID);
    }
}

#[tokio::test]
async fn an_empty_token_of_sts_is_no_token() {
    let stage = Stage::new().with_pod_role();
    let body = format!(r#"{{"RequestId": "R", "Credentials": {{{}}}}}"#, issued(""));
    stage.sim.inject(Fault::answer(200, "application/json", &body).on(Operation::AssumeRoleWithOIDC));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.key_used(), KEY_ID);
}

#[tokio::test]
async fn an_empty_token_of_a_profile_and_of_the_environment_is_no_token() {
    let stage = Stage::new();
    let keys =
        format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}", "sts_token": " ""#);
    let role = r#""ram_role_arn": "acs:ram::113511544585:role/r""#;
    stage.write(".aliyun/config.json", &config(&format!(r#""mode": "RamRoleArn", {keys}, {role}"#)));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole)[0].parameter("SecurityToken"), None);

    let stage = Stage::new().with_keys().with("ALIBABA_CLOUD_SECURITY_TOKEN", "");
    ask(&stage.client()).await.unwrap();
}

#[tokio::test]
async fn an_answer_with_an_empty_key_holds_no_keys() {
    for (full, empty) in [(KEY_ID, "AccessKeyId"), (KEY_SECRET, "AccessKeySecret")] {
        let stage = Stage::new();
        let uri = stage.sim.credentials_uri();
        let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
        let body = format!("{{{}}}", issued("t")).replace(&format!(r#""{full}""#), r#""""#);
        assert!(body.contains(&format!(r#""{empty}": """#)), "{body}");
        stage.sim.inject(Fault::answer(200, "application/json", &body).on(Operation::CredentialsUri));
        let error = ask(&stage.client()).await.unwrap_err();
        assert_eq!(error.class, Class::Transient(None), "{error}");
        assert!(error.to_string().contains("the answer holds no keys"), "{error}");
    }
}
