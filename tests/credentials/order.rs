//! Who is asked for keys, in which order, and that nobody becomes somebody else.

use sae_simulator::{Fault, KEY_ID, Operation};
use saewatch::sae::{Class, Provider};

use crate::stage::{Stage, ask, config};

#[tokio::test]
async fn keys_of_the_environment_come_before_the_role_of_the_pod() {
    let stage = Stage::new().with_keys().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), KEY_ID);
    assert!(stage.calls(Operation::AssumeRoleWithOIDC).is_empty());
    assert_eq!(client.credentials().report().provider, Some(Provider::Environment));
}

#[tokio::test]
async fn a_pod_asks_with_the_keys_of_its_role() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    assert!(stage.key_used().starts_with("STS."));
    let exchange = &stage.calls(Operation::AssumeRoleWithOIDC)[0];
    assert_eq!(exchange.parameter("OIDCToken"), Some("header.marked.sig"), "without the newline of the file");
    assert_eq!(exchange.parameter("RoleSessionName"), Some("saewatch"));
    assert!(exchange.query.iter().all(|(_, value)| !value.contains("marked")), "not in a URL");
}

#[tokio::test]
async fn a_hiccup_of_sts_makes_nobody_somebody_else() {
    let stage = Stage::new().with_pod_role();
    let uri = stage.sim.credentials_uri();
    let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    stage.write(
        ".aliyun/config.json",
        &config(r#""mode": "AK", "access_key_id": "x", "access_key_secret": "y""#),
    );
    let client = stage.client();
    stage.sim.inject(Fault::error(503, "ServiceUnavailable").on(Operation::AssumeRoleWithOIDC));
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None));
    assert!(error.to_string().starts_with("AssumeRoleWithOIDC: ServiceUnavailable (HTTP 503)"), "{error}");
    assert!(stage.calls(Operation::DescribeApplicationStatus).is_empty());
    assert!(stage.calls(Operation::CredentialsUri).is_empty());
    ask(&client).await.unwrap();
    assert_eq!(client.credentials().report().provider, Some(Provider::Oidc));
}

#[tokio::test]
async fn some_of_the_oidc_variables_are_an_error_that_names_the_missing_one() {
    let stage = Stage::new().with("ALIBABA_CLOUD_ROLE_ARN", "r").with("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/t");
    stage.write(
        ".aliyun/config.json",
        &config(r#""mode": "AK", "access_key_id": "x", "access_key_secret": "y""#),
    );
    let error = ask(&stage.client()).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    assert!(error.to_string().contains("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"), "{error}");
}

#[tokio::test]
async fn a_role_that_sts_refuses_is_an_error_that_says_what_to_check() {
    let stage = Stage::new().with_pod_role();
    stage.sim.trust_oidc_token("another");
    let error = ask(&stage.client()).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected);
    assert_eq!(
        error.to_string(),
        "AssumeRoleWithOIDC: AuthenticationFail.OIDCToken.Expired (HTTP 400): This JWT is expired; check the role, \
         its trust policy, the OIDC provider and the token"
    );
}

#[tokio::test]
async fn a_throttle_of_sts_is_not_the_quota_of_sae() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::throttle().on(Operation::AssumeRoleWithOIDC));
    assert_eq!(ask(&stage.client()).await.unwrap_err().class, Class::Transient(None));
}

#[tokio::test]
async fn without_credentials_the_error_says_what_was_tried_and_why_each_did_not_serve() {
    let stage = Stage::new();
    let client = stage.client();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    let text = error.to_string();
    for part in [
        "environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "OIDC: ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set",
        "config.json: no ~/.aliyun/config.json",
        "credentials file: no ~/.alibabacloud/credentials",
        "ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true",
        "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(text.len() <= 512, "it has to fit a condition: {} bytes", text.len());
    assert_eq!(client.credentials().report().tries.len(), 6);
    assert!(stage.sim.calls().is_empty());
}
