//! The keys of a profile that was chosen, and whose keys they are.

use std::time::Duration;

use sae_simulator::{Fault, KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::{Class, Provider};

use crate::stage::{OTHER, Stage, ask, config, profile};

const CONFIG: &str = ".aliyun/config.json";
const OLDER: &str = ".alibabacloud/credentials";

/// A stage whose environment has keys, as most shells do.
fn stage() -> Stage {
    let stage = Stage::new().with_keys();
    for id in ["in-config", "in-older"] {
        stage.sim.add_key(id, "secret");
    }
    stage
}

fn section(name: &str, id: &str) -> String {
    format!("[{name}]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = secret\n")
}

#[tokio::test]
async fn a_chosen_profile_comes_before_everything_that_the_environment_says() {
    let stage = stage().with_pod_role().with("ALIBABA_CLOUD_PROFILE", "another");
    stage.write(CONFIG, &profile("staging", "in-config"));
    stage.write(OLDER, &section("staging", "in-older"));
    let client = stage.client_of("staging");
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "in-config");
    assert_eq!(client.credentials().report().provider, Some(Provider::ConfigFile));
    assert!(stage.calls(Operation::AssumeRoleWithOIDC).is_empty());
}

/// So the chart mounts profiles for SaeAccounts beside keys of any kind.
#[tokio::test]
async fn a_config_json_that_is_kept_from_the_chain_still_has_the_profiles_that_are_named() {
    let stage = Stage::new().with("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true");
    for id in ["in-config", "in-older"] {
        stage.sim.add_key(id, "secret");
    }
    stage.write(CONFIG, &profile("staging", "in-config"));
    stage.write(OLDER, &section("default", "in-older"));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.key_used(), "in-older");
    ask(&stage.client_of("staging")).await.unwrap();
    assert_eq!(stage.key_used(), "in-config");
}

#[tokio::test]
async fn a_chosen_profile_that_config_json_does_not_have_is_searched_in_the_credentials_file() {
    let stage = stage().with("ALIBABA_CLOUD_PROFILE", "another");
    stage.write(OLDER, &section("staging", "in-older"));
    for config in [None, Some(profile("p", "in-config")), Some(r#"{"profiles": []}"#.to_owned())] {
        if let Some(config) = &config {
            stage.write(CONFIG, config);
        }
        let client = stage.client_of("staging");
        ask(&client).await.unwrap();
        assert_eq!(stage.key_used(), "in-older", "{config:?}");
        assert_eq!(client.credentials().report().provider, Some(Provider::CredentialsFile));
    }
}

#[tokio::test]
async fn a_chosen_profile_that_is_nowhere_is_an_error_that_says_where_it_was_searched() {
    let stage = stage();
    let uri = stage.sim.credentials_uri();
    let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    stage.write(CONFIG, &profile("p", "in-config"));
    let error = ask(&stage.client_of("staging")).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    assert_eq!(
        error.to_string(),
        "credentials: no profile staging with keys (config.json: profile staging is not in ~/.aliyun/config.json; \
         credentials file: no ~/.alibabacloud/credentials); name a profile of one of these files"
    );
    assert!(stage.sim.calls().is_empty(), "nobody is asked with other keys");

    stage.write(OLDER, &section("p", "in-older"));
    let error = ask(&stage.client_of("staging")).await.unwrap_err().to_string();
    assert!(error.contains("~/.alibabacloud/credentials has no section staging"), "{error}");
}

#[tokio::test]
async fn a_chosen_profile_that_cannot_be_used_is_the_answer() {
    for (config, expected) in [
        (
            r#"{"profiles": [{"name": "staging", "mode": "AK", "access_key_id": "x"}]}"#,
            "needs access_key_secret",
        ),
        (r#"{"profiles": [{"name": "staging", "mode": "RsaKeyPair"}]}"#, "choose another profile"),
        ("{", "is not a file of profiles"),
    ] {
        let stage = stage();
        stage.write(CONFIG, config);
        stage.write(OLDER, &section("staging", "in-older"));
        let error = ask(&stage.client_of("staging")).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("ALIBABA_CLOUD_"), "no variable changes it: {error}");
        assert!(stage.sim.calls().is_empty());
    }
    let stage = stage();
    stage.write(OLDER, "[staging]\ntype = bearer\n");
    let error = ask(&stage.client_of("staging")).await.unwrap_err().to_string();
    assert!(error.ends_with("choose another section"), "{error}");
}

#[tokio::test]
async fn a_file_of_a_chosen_profile_that_changes_is_read_again() {
    let stage = stage();
    stage.write(OLDER, &section("staging", "in-older"));
    let client = stage.client_of("staging");
    ask(&client).await.unwrap();
    stage.write(CONFIG, &profile("staging", "in-config"));
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "in-config");
}

#[tokio::test]
async fn sts_says_whose_keys_they_are() {
    let stage = Stage::new().with_keys();
    let caller = stage.client().credentials().identify().await.unwrap();
    assert_eq!(caller.account_id.as_str(), sae_simulator::ACCOUNT_ID);
    assert_eq!(caller.arn, format!("acs:ram::{}:user/{KEY_ID}", sae_simulator::ACCOUNT_ID));

    stage.sim.account(OTHER).add_role("watcher", Some("agreed-id"));
    let role = format!(
        r#""mode": "RamRoleArn", "access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}",
        "ram_role_arn": "acs:ram::{OTHER}:role/watcher", "external_id": "agreed-id""#
    );
    stage.write(CONFIG, &config(&role));
    let caller = stage.client_of("p").credentials().identify().await.unwrap();
    assert_eq!(caller.account_id.as_str(), OTHER);
    assert_eq!(caller.arn, format!("acs:ram::{OTHER}:assumed-role/watcher/saewatch"));
    let first = &stage.sim.account(OTHER).calls()[0];
    assert_eq!(first.operation, Operation::GetCallerIdentity, "nothing else was asked of that account");
}

#[tokio::test]
async fn a_session_is_known_by_its_token() {
    let stage = Stage::new();
    let session = stage.sim.account(OTHER).issue_session(Duration::from_hours(1));
    let stage = stage
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", &session.id)
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &session.secret)
        .with("ALIBABA_CLOUD_SECURITY_TOKEN", &session.token);
    assert_eq!(stage.client().credentials().identify().await.unwrap().account_id.as_str(), OTHER);
}

#[tokio::test]
async fn keys_that_sts_refuses_and_an_sts_that_fails_are_told_apart() {
    let stage = Stage::new().with_keys();
    let client = stage.client();
    stage.sim.inject(Fault::error(503, "ServiceUnavailable").on(Operation::GetCallerIdentity));
    let error = client.credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None), "{error}");
    stage.sim.add_key(KEY_ID, "another");
    let error = client.credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected);
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity: SignatureDoesNotMatch (HTTP 400): Specified signature is not matched with our \
         calculation; check the AccessKey"
    );
}
